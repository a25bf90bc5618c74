#!/bin/sh
# Prints the arguments that `make soak` gives to `go test`: -run with the name of every test that calls the package soak in its own body, and
# the folders of these tests. It fails if anything else calls the package, because such a sweep would not be found.
set -eu
cd "$(dirname "$0")/../../.."
files=$(grep -rl --include='*_test.go' '"github.com/helpdeskexpert/privacy/infra/local/soak"' functions infra shared)
# shellcheck disable=SC2086 # no path here has a space
tests=$(awk '
	/^func / { test = match($0, /^func Test[A-Za-z0-9_]*\(/) ? substr($0, 6, RLENGTH - 6) : "" }
	/(^|[^A-Za-z0-9_."\/])soak\.[A-Z]/ && !/^[ \t]*\/\// {
		if (test == "") { print FILENAME ":" FNR ": only the body of a test may call soak, or the sweep is not found" >"/dev/stderr"; failed = 1 }
		print test
	}
	/^}/ { test = "" }
	END { exit failed }' $files)
folders=$(for file in $files; do dirname "./$file"; done)
one() { printf '%s\n' "$1" | sort -u | paste -s -d "$2" -; }
echo "-run ^($(one "$tests" '|'))\$ $(one "$folders" ' ')"
