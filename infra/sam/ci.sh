#!/bin/sh
# Checks what SAM CLI does with this project: the template, the builds, every sample event, the story of the main job.
# It installs nothing. If SAM CLI or a container engine is missing, it says so in one line and succeeds; with CI=true it
# fails. A closed network cannot pull AWS's image, so an image made of Debian's busybox-static replaces it. If SAM_ARGS
# is set, even to nothing, SAM CLI gets those arguments instead and pulls its own image.
set -eu
cd "$(dirname "$0")/../.."
export SAM_CLI_TELEMETRY=0 PORT="${PORT:-8480}"
log=$PWD/.local/sam-ci.log
mkdir -p .local

missing() {
	if [ "${CI:-}" = true ]; then echo "$1 is not installed" >&2; exit 1; fi
	echo "$1 is not installed: the checks under SAM CLI did not run"
	exit 0
}
command -v sam >/dev/null || missing "SAM CLI"
docker info >/dev/null 2>&1 || missing "a container engine"

case $(uname -m) in arm64 | aarch64) here=arm64 ;; *) here=x86_64 ;; esac

if [ -z "${SAM_ARGS+set}" ]; then
	busybox=$(command -v busybox) || missing "busybox-static, which replaces the image of AWS,"
	rm -rf .local/standin && mkdir .local/standin
	cp "$busybox" .local/standin/busybox
	cat >.local/standin/Dockerfile <<-'END'
		FROM scratch
		COPY busybox /bin/busybox
		RUN ["/bin/busybox","--install","-s","/bin"]
		RUN mkdir -p /tmp /var/task /var/runtime /var/rapid
		ENV PATH=/bin:/var/task LAMBDA_TASK_ROOT=/var/task
	END
	docker build -q -t privacy-standin .local/standin >/dev/null 2>&1
	SAM_ARGS="--invoke-image privacy-standin --skip-pull-image"
fi
export SAM_ARGS="${SAM_ARGS:-}"

echo "= the template"
sam validate --lint

# build ARGUMENT… runs sam build in this folder, and shows its output if it fails.
build() { sam build "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }; }

# built GOARCH checks that every function was built, and for that architecture.
built() {
	[ "$(ls .aws-sam/build/*/bootstrap | wc -l)" = "$(ls functions/*/main.go | wc -l)" ] || { echo "a function was not built"; exit 1; }
	for binary in .aws-sam/build/*/bootstrap; do
		go version -m "$binary" | grep -q "GOARCH=$1" || { echo "$binary is not for $1"; exit 1; }
	done
}

# SAM CLI runs the makefile of a function each time, whatever is in its cache. It is up to make not to rebuild everything else.
echo "= sam build on a fresh clone of the last commit: twice, then for another architecture"
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone -q . "$clone"
(
	cd "$clone"
	build && built arm64
	[ "$(grep -c '^npm ci' "$log")" = 1 ] || { cat "$log"; echo "the pages' assets must be built exactly once for all functions"; exit 1; }
	build && built arm64
	if grep '^npm ' "$log"; then echo "nothing changed, but the pages' assets were built again"; exit 1; fi
	build --parameter-overrides Architecture=x86_64 && built amd64
)

echo "= every sample event, by sam local start-lambda"
make .local/stamp/bootstraps .local/privacy-local infra/local/node_modules/.package-lock.json
build --parameter-overrides "Architecture=$here"
SAM=true .local/privacy-local >"$log" 2>&1 & # as make sam does; make itself would not forward the signal below
service=$! lambdas=
trap 'kill $service $lambdas 2>/dev/null || true; wait $service 2>/dev/null || true; rm -rf "$clone"' EXIT
until curl -sf "http://localhost:$PORT/_local/ready" >/dev/null; do
	kill -0 $service 2>/dev/null || { cat "$log"; exit 1; }
	sleep 1
done

# answered EVENT ANSWER fails if the function failed. A mistake in an API event gets a problem document. Its status must never be a failure of the service.
answered() {
	case $2 in
	*errorMessage* | '') echo "$1: ${2:-no answer}"; cat .local/sam-invoke.log; exit 1 ;;
	esac
	if grep -q '"routeKey"' "$1" && ! echo "$2" | grep -Eq '"statusCode": *[2-4][0-9]{2}[,}]'; then
		echo "$1: $2"
		exit 1
	fi
}

# The command of the README, for one event. It starts a container each time, so the others go to containers that stay.
set -- --env-vars ".local/data-$PORT/env.json" --parameter-overrides "Architecture=$here"
event=events/consent-record.json
# shellcheck disable=SC2086 # several arguments
answered $event "$(sam local invoke ConsentFunction -e $event "$@" $SAM_ARGS 2>.local/sam-invoke.log)"

endpoint=http://127.0.0.1:$((PORT + 2))
# shellcheck disable=SC2086
sam local start-lambda --port $((PORT + 2)) --warm-containers LAZY "$@" $SAM_ARGS >.local/sam-invoke.log 2>&1 &
lambdas=$!
until curl -s "$endpoint" >/dev/null; do
	kill -0 $lambdas 2>/dev/null || { cat .local/sam-invoke.log; exit 1; }
	sleep 1
done
for event in events/*.json; do
	name=$(basename "$event")
	name=${name%%-*}
	function=$(printf %.1s "$name" | tr a-z A-Z)${name#?}Function
	answered "$event" "$(curl -sf --max-time 60 --data-binary "@$event" "$endpoint/2015-03-31/functions/$function/invocations")"
done
kill $lambdas # it removes its containers
wait $lambdas || true
kill $service
wait $service || { tail -20 "$log"; exit 1; }
trap 'rm -rf "$clone"' EXIT

echo "= the main job, over HTTP and in a browser"
SAM=true go test -count=1 -timeout 20m -run '^TestStory_(TheMainJob|NobodyKnown)$' ./infra/local/story
