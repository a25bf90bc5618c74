#!/bin/sh
# Prints the architecture that Lambda will run, arm64 or x86_64. `sam build` does not tell make, so this looks where sam
# itself looks: at its own command line, then at samconfig.toml, then at the template's default.
set -eu

# ancestor prints the command line of the nearest `sam build` above this process, if there is one.
ancestor() {
	pid=$PPID
	while [ "${pid:-0}" -gt 1 ]; do
		if [ -r "/proc/$pid/stat" ]; then
			line=$(tr '\0' ' ' <"/proc/$pid/cmdline")
			pid=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f2) # a process may have blanks in its name
		else
			line=$(ps -o args= -p "$pid") || return 0
			pid=$(ps -o ppid= -p "$pid" | tr -d ' ')
		fi
		case "$line " in *sam*" build "*) echo "$line" && return 0 ;; esac
	done
}

{
	# Architecture=x86_64, or ParameterKey=Architecture,ParameterValue=x86_64
	if [ -n "${ARTIFACTS_DIR:-}" ]; then ancestor | grep -Eo 'Architecture(=|,ParameterValue=)[a-z0-9_]+' || true; fi
	grep -v '^ *#' samconfig.toml | grep -Eo 'Architecture(=|,ParameterValue=)[a-z0-9_]+' || true
	sed -n '/^  Architecture:/,/Default:/s/ *Default: */=/p' template.yaml
} | sed 's/.*=//' | head -1
