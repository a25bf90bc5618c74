# Everything a developer does here. `make` without a target lists the targets. make rebuilds only what has changed.

PORT  ?= 8080# where `make run` listens, on loopback only
N     ?= 1000# how many people `make seed` invents
NAMES := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))

# Every build of a function uses the same flags: static, without the old RPC mode, without paths and symbols.
BUILD := CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags='-s -w'
# Tests and linters use the same flags, and tests hand them on to each `go build` of theirs. So each package is compiled once, and not again for
# another folder or another tool.
FLAGS  = CGO_ENABLED=0 GOFLAGS='$(GOFLAGS) -tags=lambda.norpc -trimpath -buildvcs=false'
TEST   = $(FLAGS) go test -vet=off -p $(PACKAGES)
ARCHITECTURE ?= $(shell sh infra/sam/architecture.sh)
THIS_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
GOARCH_OF_LAMBDA = $(if $(filter x86_64,$(ARCHITECTURE)),amd64,arm64)

# Files and folders (a folder changes when a file in it goes away).
SOURCES := go.mod go.sum $(shell find functions shared -not -path '*/node_modules*' -not -path 'shared/pages/dist*' -not -name '*_test.go' 2>/dev/null)
LOCAL   := go.mod go.sum $(shell find infra/local infra/sam shared -not -path '*/node_modules*' -not -path 'shared/pages/dist*' -not -name '*_test.go' 2>/dev/null)
PAGES   := $(shell find shared/pages/src shared/pages/*.json shared/pages/*.mjs 2>/dev/null)

# How many packages are tested at a time: three more than there are cores, since tests wait for engines, browsers and pauses.
PACKAGES := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 3)

# The packages whose tests take longest begin first, so that no processor waits for them in the end.
LONGEST := ./infra/local/story ./infra/local/faults ./functions/centre ./shared/inbound ./shared/request

PAGES_TOOLS  := shared/pages/node_modules/.package-lock.json
LOCAL_TOOLS  := infra/local/node_modules/.package-lock.json
ASSETS       := .local/stamp/assets
BOOTSTRAPS   := .local/stamp/bootstraps
SERVICE      := .local/privacy-local
GOLANGCI     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

export PORT # make itself exports variables that were given on its command line, such as SAM_ARGS
.DELETE_ON_ERROR:
.PHONY: help run sam test soak samtest fuzz mutants seed backup restore draft publish unpublish lint bench build clean assets

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(LOCAL_TOOLS) $(BOOTSTRAPS) $(SERVICE) ## Build every function and start the whole service on http://localhost:8080 (PORT=…, COOLING_OFF=5s: how long an erasure can be cancelled)
	@exec $(SERVICE)

sam: $(LOCAL_TOOLS) $(BOOTSTRAPS) $(SERVICE) ## Start the same service with its HTTP functions under SAM CLI, in containers (PORT=…, SAM_ARGS=…)
	sam build --parameter-overrides Architecture=$(THIS_ARCHITECTURE)
	@SAM=true exec $(SERVICE)

test: $(ASSETS) $(LOCAL_TOOLS) ## List the tests that this machine cannot run, then run all others, including those of the pages
	@sh infra/local/tools.sh
	npm test --prefix shared/pages
	$(TEST) $(LONGEST) ./... # make lint vets

soak: $(ASSETS) $(LOCAL_TOOLS) ## Run every long sweep whole, of which make test runs a sample: kills at each call, storms, a million items
	@sweeps=$$(sh infra/local/soak/sweeps.sh) && set -- $$sweeps && tests=$$2 && shift 2 && \
	SOAK=true $(TEST) -timeout 15m -run "$$tests" $(filter-out ./infra/local/story,$(LONGEST)) "$$@"

samtest: PORT := 8480
samtest: ## Check the builds, the sample events and the main job under SAM CLI (takes minutes)
	@$(FLAGS) sh infra/sam/ci.sh

fuzz: $(ASSETS) $(LOCAL_TOOLS) ## Fuzz every parser of outside bytes, five seconds each (FUZZTIME=5s)
	@infra/local/faults/fuzz.sh

mutants: ## Change the code of each concept in small ways and see whether its own tests notice; fail under 90 % (CONCEPT=shared/record)
	@sh infra/local/mutants/mutants.sh $(CONCEPT)

seed: ## Send records of invented people to the running service (N=1000, PORT=…)
	@go run ./infra/local/seed -n $(N)

backup: ## Copy the tables of the running service, as they are now (PORT=…)
	@go run ./infra/local/backup

restore: ## Put the tables of the running service back to a backup, without what was erased or refused since (BACKUP=<folder>, PORT=…)
	@$(if $(BACKUP),go run ./infra/local/backup -restore $(BACKUP),echo 'usage: make restore BACKUP=<folder that make backup named>'; exit 1)

draft: ## Write the next version of the policy as a copy of the newest, with the places to edit marked
	@go run ./infra/local/publish -draft

publish: ## Publish the newest version of the policy: generate it, rebuild the functions, restart those of the running service (EXAMPLE=true, PORT=…)
	@go run ./infra/local/publish $(if $(filter true,$(EXAMPLE)),-example)

unpublish: ## Take the newest version of the policy back, unless it is in a commit (PORT=…)
	@go run ./infra/local/publish -undo

lint: $(ASSETS) ## Check format and code, and the template if cfn-lint and checkov are installed (with CI=true they must be)
	@unformatted=$$(gofmt -l functions infra shared); test -z "$$unformatted" || { echo "not formatted:" $$unformatted; exit 1; }
	$(FLAGS) go vet ./...
	$(FLAGS) go run $(GOLANGCI) run
	@if command -v cfn-lint >/dev/null; then AWS_DEFAULT_REGION=eu-west-2 cfn-lint template.yaml; \
	elif [ "$$CI" = true ]; then echo "cfn-lint is missing"; exit 1; else echo "cfn-lint is not installed: template.yaml was not checked"; fi
	@if command -v checkov >/dev/null; then checkov -f template.yaml --framework cloudformation --skip-download --quiet --compact; \
	elif [ "$$CI" = true ]; then echo "checkov is missing"; exit 1; else echo "checkov is not installed: template.yaml was not checked for weaknesses"; fi

bench: $(ASSETS) $(LOCAL_TOOLS) ## Measure each budget and print figure, budget and verdict; fail if one is exceeded
	@mkdir -p .local
	@SOAK=true BENCH=true go test -count=1 -run Budget -bench . -benchtime 1x -v -timeout 40m ./... >.local/bench.log 2>&1; status=$$?; \
	awk -F ' *[|] *' '/budget: / {sub(/.*budget: /, "", $$1); verdict = $$2+0 <= $$3+0 ? "ok" : "OVER"; failed = failed || verdict == "OVER"; \
		printf "%-112s %-20s %-6s %s\n", $$1, $$2, $$3, verdict; figures++} END {exit failed || !figures}' .local/bench.log || status=1; \
	grep -A 1 -e '--- SKIP' .local/bench.log; \
	[ $$status = 0 ] || { grep -E '^(---|    --- )? ?FAIL' .local/bench.log; echo "see .local/bench.log"; exit 1; }

build: $(ASSETS) $(addprefix build-,$(NAMES)) ## Build every function for Lambda, into dist/<name>/bootstrap

clean: ## Remove everything that was built, and the local data
	rm -rf .local .aws-sam dist
	find shared/pages/dist -mindepth 1 -not -name .gitkeep -delete

assets: $(ASSETS)

# ── How it is done ──────────────────────────────────────────────────────────────────────────────────────────────────

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	npm ci --prefix $* --silent
	@mkdir -p $(@D) && touch $@

$(ASSETS): $(PAGES_TOOLS) $(PAGES)
	npm run build --prefix shared/pages --silent
	@mkdir -p $(@D) && touch $@

# One call of the compiler for all functions; the local runtime looks for <name>/bootstrap, as Lambda does.
$(BOOTSTRAPS): $(ASSETS) $(SOURCES)
	@mkdir -p .local/build $(@D)
	$(BUILD) -o .local/build/bin/ $(addprefix ./functions/,$(NAMES))
	@for name in $(NAMES); do mkdir -p .local/build/$$name && ln -f .local/build/bin/$$name .local/build/$$name/bootstrap; done
	@touch $@

$(SERVICE): $(ASSETS) $(LOCAL)
	@mkdir -p $(@D)
	CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -o $@ ./infra/local

.PHONY: $(addprefix build-,$(NAMES))
$(addprefix build-,$(NAMES)): build-%: $(ASSETS)
	GOOS=linux GOARCH=$(GOARCH_OF_LAMBDA) $(BUILD) -o dist/$*/bootstrap ./functions/$*

# `sam build` calls these targets, several at once: build-ConsentFunction and so on. The first one builds the pages' assets while the others wait.
build-%Function:
	@sh infra/sam/alone.sh $(MAKE) --no-print-directory assets
	GOOS=linux GOARCH=$(GOARCH_OF_LAMBDA) $(BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(shell echo $* | tr A-Z a-z)
