#!/bin/sh
# Prints for each concept, or for the folders of its arguments, how many percent of the mutants its own fast tests reach, and how many of these
# they kill; it fails where either is under 90. A mutant that runs out of time counts as neither. The concepts are the packages on the floors
# below the adapters, as infra/sam/floors_test.go lists them. .local/mutants/<name>.log lists every mutant.
set -eu
cd "$(dirname "$0")/../../.."
[ $# -gt 0 ] || set -- $(sed -n '/^var floors/,/shared\/dynamo/{/shared\/dynamo/!p;}' infra/sam/floors_test.go | grep -o 'shared/[a-z]*')
[ $# -gt 0 ] || { echo "infra/sam/floors_test.go lists no package below shared/dynamo"; exit 1; }

logs=.local/mutants
mkdir -p $logs
GOBIN=$PWD/$logs go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
GO=$(command -v go)
PATH=$PWD/infra/local/mutants:$PATH
export GO PATH

failed=0
printf '%-20s %9s %8s  %s\n' package reached killed 'killed, lived, not reached, timed out'
for package; do
	log=$logs/$(basename "$package").log
	began=$(date +%s)
	"$GO" test -cover -count=1 "./$package/..." >"$log" 2>&1 || { cat "$log"; exit 1; }
	# The timeout of a mutant, as a multiple of what all tests take. Twenty times the tests on a real engine would be minutes for each endless loop.
	times=20
	[ $(($(date +%s) - began)) -lt 10 ] || times=5
	# The packages that end in "test" are for tests only.
	$logs/gremlins unleash "./$package" --workers 1 --timeout-coefficient $times --exclude-files 'test/' >"$log" 2>&1 || { cat "$log"; exit 1; }
	awk -v package="$package" '
		{ gsub(/[,%]/, "") }
		/^ *(KILLED|LIVED|NOT COVERED|TIMED OUT)/ { n[$1]++ }
		END {
			tested = n["KILLED"] + n["LIVED"]
			reached = tested + n["NOT"] ? 100 * tested / (tested + n["NOT"]) : 100
			killed = tested ? 100 * n["KILLED"] / tested : 100
			printf "%-20s %8.1f%% %7.1f%%  %d, %d, %d, %d\n", package, reached, killed, n["KILLED"], n["LIVED"], n["NOT"], n["TIMED"]
			exit reached < 90 || killed < 90
		}' "$log" || failed=1
done
exit $failed
