#!/bin/sh
# Fuzzes every parser that takes bytes from outside, for FUZZTIME each (5s), as many at once as there are processors. An input that breaks a
# parser is stored in the package's testdata/fuzz, where `go test` runs it from then on. Inputs that are only new stay in .local/fuzz.
set -eu
cd "$(dirname "$0")/../../.."
root=$PWD

if [ $# = 2 ]; then # one target of one package
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	cd "$1"
	if "$root/.local/fuzz/$1/test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "${FUZZTIME:-5s}" -test.fuzzminimizetime 10x \
		-test.parallel 1 -test.fuzzcachedir "$root/.local/fuzz/$1" >"$log" 2>&1; then
		echo "ok   $1 $2: $(grep -o 'execs: [0-9]*' "$log" | tail -1)"
		exit 0
	fi
	# The fuzzer may fail only because its time ends in the middle of a step.
	if grep -q 'context deadline exceeded' "$log" && ! grep -qE 'Failing input|panic|terminated unexpectedly' "$log"; then
		echo "ok   $1 $2: its time ended"
		exit 0
	fi
	echo "FAIL $1 $2"
	cat "$log"
	exit 1
fi

packages=$(grep -rl --include='*_test.go' '^func Fuzz' functions shared infra | xargs -n 1 dirname | sort -u)
targets=
for package in $packages; do
	mkdir -p ".local/fuzz/$package"
	go test -c -fuzz . -o ".local/fuzz/$package/test" "./$package"
	found=$(cd "$package" && "$root/.local/fuzz/$package/test" -test.list '^Fuzz' | sed "s|^|$package |")
	targets="$targets$found
"
done
printf '%s' "$targets" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 "$0"
