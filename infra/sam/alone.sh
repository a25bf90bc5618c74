#!/bin/sh
# Runs a command while no other process of this folder runs one through this script. `sam build` starts a make for every
# function at once, and they must not install the same packages together. There is no flock on macOS, hence a folder.
set -eu
lock=.local/lock
mkdir -p .local
until mkdir "$lock" 2>/dev/null; do
	# A holder that was killed leaves its folder behind.
	holder=$(cat "$lock/pid" 2>/dev/null || true)
	if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
		rm -rf "$lock"
	fi
	sleep 0.2
done
trap 'rm -rf "$lock"' EXIT INT TERM
echo $$ >"$lock/pid"
"$@"
