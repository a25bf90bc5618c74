#!/bin/sh
# Checks what SAM CLI does with this project: the template, the builds, every sample event, the story of the main job.
# It installs nothing. Where SAM CLI or a container engine is missing it says so in one line and is content, unless
# CI=true. An image made of Debian's busybox-static stands in for AWS's, which a closed network cannot pull. Where SAM_ARGS
# is set, even to nothing, it is passed on instead and SAM CLI pulls its own.
set -eu
cd "$(dirname "$0")/../.."
export SAM_CLI_TELEMETRY=0 PORT="${PORT:-8480}"
log=.local/sam-ci.log
mkdir -p .local

missing() {
	if [ "${CI:-}" = true ]; then echo "$1 is missing" >&2; exit 1; fi
	echo "$1 is missing: the checks under SAM CLI were left out"
	exit 0
}
command -v sam >/dev/null || missing "SAM CLI"
docker info >/dev/null 2>&1 || missing "a container engine"

case $(uname -m) in arm64 | aarch64) here=arm64 ;; *) here=x86_64 ;; esac

if [ -z "${SAM_ARGS+set}" ]; then
	busybox=$(command -v busybox) || missing "busybox-static, of which the stand-in is made,"
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

echo "= what sam build makes runs on the architecture that was asked for"
for architecture in arm64 x86_64; do
	sam build --parameter-overrides Architecture=$architecture >"$log" 2>&1 || { cat "$log"; exit 1; }
	case $architecture in x86_64) goarch=amd64 ;; *) goarch=arm64 ;; esac
	for binary in .aws-sam/build/*/bootstrap; do
		go version -m "$binary" | grep -q "GOARCH=$goarch" || { echo "$binary is not for $architecture"; exit 1; }
	done
done

echo "= every sample event, by sam local invoke"
make .local/stamp/bootstraps .local/privacy-local infra/local/node_modules/.package-lock.json
sam build --parameter-overrides "Architecture=$here" >"$log" 2>&1 || { cat "$log"; exit 1; }
SAM=true .local/privacy-local >"$log" 2>&1 & # as make sam does; make itself would not pass the signal below on
service=$!
trap 'kill $service 2>/dev/null || true; wait $service 2>/dev/null || true' EXIT
until curl -sf "http://localhost:$PORT/_local/ready" >/dev/null; do
	kill -0 $service 2>/dev/null || { cat "$log"; exit 1; }
	sleep 1
done
for event in events/*.json; do
	name=$(basename "$event")
	name=${name%%-*}
	function=$(printf %.1s "$name" | tr a-z A-Z)${name#?}Function
	# shellcheck disable=SC2086 # several arguments
	answer=$(sam local invoke "$function" -e "$event" --env-vars ".local/data-$PORT/env.json" --parameter-overrides "Architecture=$here" $SAM_ARGS 2>.local/sam-invoke.log)
	case $answer in
	*errorMessage* | '') echo "$event: ${answer:-no answer}"; cat .local/sam-invoke.log; exit 1 ;;
	esac
done
kill $service
wait $service || { tail -20 "$log"; exit 1; }
trap - EXIT

echo "= the main job, over HTTP and in a browser"
SAM=true go test -count=1 -timeout 20m -run '^TestStory_(TheMainJob|NobodyKnown)$' ./infra/local/story
