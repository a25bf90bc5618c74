#!/bin/sh
# Prints the architecture that Lambda will run, arm64 or x86_64. `sam build` does not tell make, so this looks where sam
# itself looks: at its own command line, then at samconfig.toml, then at the template's default.
set -eu

if [ -n "${ARTIFACTS_DIR:-}" ]; then # make was started by sam: this shell's parent is make, and its parent is sam
	if [ -r "/proc/$PPID/stat" ]; then
		sam=$(awk '{print $4}' "/proc/$PPID/stat")
		line=$(tr '\0' ' ' <"/proc/$sam/cmdline")
	else
		sam=$(ps -o ppid= -p "$PPID")
		line=$(ps -o args= -p "$sam")
	fi
fi

{
	# Architecture=x86_64, or ParameterKey=Architecture,ParameterValue=x86_64
	echo "${line:-}" | grep -Eo 'Architecture(=|,ParameterValue=)[a-z0-9_]+' || true
	grep -v '^ *#' samconfig.toml | grep -Eo 'Architecture(=|,ParameterValue=)[a-z0-9_]+' || true
	sed -n '/^  Architecture:/,/Default:/s/ *Default: */=/p' template.yaml
} | sed 's/.*=//' | head -1
