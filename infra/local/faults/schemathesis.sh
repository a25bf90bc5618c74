#!/bin/sh
# Starts a service and sends it the calls that schemathesis (4.32.5, from PyPI) generates from the contract. It fails on a 500, on an answer
# that the contract does not declare or that differs from its declaration, and on a mailed link that opens nothing. `make run` must have
# built the service.
# If schemathesis is missing, the script says so in one line; with CI=true it fails. PORT changes the service's port.
set -eu
cd "$(dirname "$0")/../../.."
if ! command -v schemathesis >/dev/null; then
	echo "schemathesis is not installed: the service was not fuzzed against its contract"
	[ "${CI:-}" != true ]
	exit
fi

port=${PORT:-8093}
hooks=$PWD/infra/local/faults
data=$(mktemp -d)
DATA=$data PORT=$port .local/privacy-local >"$data/output" 2>&1 &
service=$!
trap 'kill $service; wait $service || true; rm -rf "$data"' EXIT
origin=http://localhost:$port
tries=0
until curl -fso /dev/null "$origin/_local/ready"; do
	tries=$((tries + 1))
	if [ $tries -gt 300 ] || ! kill -0 $service; then
		cat "$data/output"
		exit 1
	fi
	sleep 0.1
done

token=$(curl -fsS -d grant_type=client_credentials -d 'scope=records.write decisions.read notices.manage' "$origin/_local/oauth/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
run() {
	(cd "$data" && PYTHONPATH=$hooks ORIGIN=$origin SCHEMATHESIS_HOOKS=schemathesis_hooks schemathesis run "$origin/v1/openapi.json" --url "$origin" --generation-deterministic --max-examples "${EXAMPLES:-40}" \
		--phases examples,coverage,fuzzing --suppress-health-check all --warnings off --no-color \
		--checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance "$@")
}
run --include-tag records --include-tag notices -H "Authorization: Bearer $token"
# schemathesis 4.32.5 cannot read prefixItems below contentSchema, which the contract uses to describe the inside of a receipt.
run --exclude-tag records --exclude-tag notices --exclude-operation-id readReceipt
if [ -s "$data/unopened" ]; then
	echo "the links of mails opened nothing at:"
	cat "$data/unopened"
	exit 1
fi
