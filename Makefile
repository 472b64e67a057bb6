# The verbs of this repository; continuous integration calls the same. Every verb that runs in
# "every module" finds the modules itself (.ci/each) and says which failed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN       := $(CURDIR)/.bin
EXE       := $(if $(filter Windows_NT,$(OS)),.exe,)
LINTER    := $(BIN)/golangci-lint$(EXE)
TESTFLAGS ?=
FUZZTIME  ?= 30s
COVERMIN  ?= 90
MUTANTS   ?= 100
SEED      ?= 1
WORKERS   ?= 1
JOBS      ?= 2
VERSION   ?= $(shell git describe --tags --always --dirty)
export FUZZTIME COVERMIN MUTANTS SEED WORKERS

.PHONY: help test race lint fmt tidy fuzz bench bench-smoke bench-push cover cross stacks mutate docs release clean

help: ## Lists the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## Runs every module's tests, JOBS=2 modules at a time; TESTFLAGS="-run X -count=1" narrows them
	JOBS=$(JOBS) .ci/each go test -timeout 6m $(TESTFLAGS) ./...

race: ## Runs every module's tests under the race detector; SKIP="benchmarks" leaves modules out
	.ci/each go test -race -timeout 15m $(TESTFLAGS) ./...

lint: $(LINTER) ## Checks format, go vet, golangci-lint and go.mod of every module
	.ci/format -l
	.ci/each go vet ./...
	.ci/each $(LINTER) run --config $(CURDIR)/.golangci.yml ./...
	.ci/each $(CURDIR)/.ci/tidy -diff

fmt: ## Formats every Go file
	.ci/format -w

tidy: ## Tidies go.mod and go.sum of every module, the command's too
	.ci/each $(CURDIR)/.ci/tidy

fuzz: ## Runs each fuzz target for FUZZTIME=30s; FUZZ=REGEXP narrows them
	.ci/fuzz

bench: ## Compares becket with its peers and the limit; writes benchmarks/RESULTS.md
	cd benchmarks && GOWORK=off go run . -out RESULTS.md

bench-smoke: ## Fails when a workload is more than 1.5 times over its mark
	cd benchmarks && GOWORK=off go run . -smoke

bench-push: ## Measures push by every engine, beside the limit; writes benchmarks/PUSH.md
	cd benchmarks && GOWORK=off go run ./push -out PUSH.md

cover: ## Measures the coverage of the root package and internal/; fails below COVERMIN=90 per cent
	.ci/cover $(TESTFLAGS)

cross: ## Tests the hashing on 32 bits, compiles for arm64, macOS and Windows
	.ci/cross

stacks: ## Asks flags on moving stacks, with memory that is never used again, and on 32 bits
	.ci/stacks

mutate: ## Changes the root package in MUTANTS=100 places and shows which changes no test notices
	.ci/mutate

docs: ## Writes anew what is generated: documents, tables, examples' code
	.ci/each go generate ./...

release: ## Builds the command for all platforms into .bin/release; VERSION=v0.1.0
	.ci/release $(VERSION)

clean: ## Removes what the verbs built
	rm -rf $(BIN)

# Built from the versions that tools/go.mod pins, and again when they change.
$(LINTER): tools/go.mod tools/go.sum
	cd tools && GOWORK=off go build -o $(BIN)/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint golang.org/x/perf/cmd/benchstat
	@touch $@
