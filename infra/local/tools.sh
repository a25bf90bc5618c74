#!/bin/sh
# Names what `make test` leaves out on this machine, in one line for each missing tool: go test shows no test that was
# skipped. With CI=true a missing tool is a failure.
set -eu
complete=yes

# need TOOL CONSEQUENCE COMMAND…: one of the commands must be there.
need() {
	tool=$1 consequence=$2
	shift 2
	for command in "$@"; do
		if command -v "$command" >/dev/null; then return; fi
	done
	echo "$tool is missing: $consequence"
	complete=no
}

[ -n "${SAMPLE:-}" ] || echo "SAMPLE names no file of records: the tests send in the invented ones alone"
need Chromium "the pages are not tried in a browser" chromium chromium-browser google-chrome
need Java "the stores are not tried on DynamoDB Local" java
need Maven "DynamoDB Local cannot be fetched, and the stores are not tried on it" mvn
need "SAM CLI" "make samtest has nothing to check with" sam
need Docker "make samtest has nothing to check with" docker

if [ "${CI:-}" = true ]; then
	[ $complete = yes ]
elif [ $complete = yes ] && [ ! -d .local/dynamodb-local/lib ]; then
	echo "DynamoDB Local is not fetched: the stores are not tried on it (CI=true go test ./shared/dynamo/ledger fetches it)"
fi
