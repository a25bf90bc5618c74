#!/bin/sh
# Prints what `make test` leaves out on this machine, one line for each missing tool, because go test does not show the
# tests that it skipped. With CI=true, a missing tool is a failure.
set -eu
complete=yes

# need TOOL CONSEQUENCE COMMAND…: one of the commands must be installed.
need() {
	tool=$1 consequence=$2
	shift 2
	for command in "$@"; do
		if command -v "$command" >/dev/null; then return; fi
	done
	echo "$tool is not installed: $consequence"
	complete=no
}

[ -n "${SAMPLE:-}" ] || echo "SAMPLE is not set to a file of records: the tests use only invented records"
need Chromium "the pages are not tested in a browser" chromium-headless-shell chromium chromium-browser google-chrome
need curl "the commands of the documents are not run" curl
need Java "the stores are not tested on DynamoDB Local" java
need Maven "DynamoDB Local cannot be downloaded, so the stores are not tested on it" mvn
need "SAM CLI" "make samtest cannot run" sam
need Docker "make samtest cannot run" docker

if [ "${CI:-}" = true ]; then
	[ $complete = yes ]
elif [ $complete = yes ] && [ ! -d .local/dynamodb-local/lib ]; then
	echo "DynamoDB Local is not downloaded: the stores are not tested on it (CI=true go test ./shared/dynamo/ledger downloads it)"
fi
