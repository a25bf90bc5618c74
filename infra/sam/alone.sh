#!/bin/sh
# Runs a command while no other process of this folder runs one through this script. `sam build` starts a make for every
# function at once, and they must not install the same packages together.
set -eu
lock=.local/alone
mkdir -p .local
if command -v flock >/dev/null; then # the kernel releases the lock when its holder ends, however it ends
	exec flock "$lock" "$@"
fi
# macOS has no flock. There the lock is a link to a file with the number of its holder, so that no lock is without its number.
mine=$lock.$$
echo $$ >"$mine"
trap 'rm -f "$mine"' EXIT
until ln "$mine" "$lock" 2>/dev/null; do
	holder=$(cat "$lock" 2>/dev/null || true)
	# A holder that was killed leaves its lock behind. Another process may have taken the lock over meanwhile, so look again before removing it.
	if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null && [ "$(cat "$lock" 2>/dev/null)" = "$holder" ]; then
		rm -f "$lock"
	fi
	sleep 0.2
done
trap 'rm -f "$mine" "$lock"' EXIT INT TERM
"$@"
