# Needs Go, make, a C compiler (for the race detector), Python (for moto, the AWS stand-in of the tests) and Node with npm (for CDK); e2e also Java 17 and Maven. Linters, moto, the CDK command line and Trino come by themselves.

LINT_VERSION := v2.15.0
LINT := bin/golangci-lint-$(LINT_VERSION)
FUZZTIME ?= 30s
MOTO := .venv/bin/moto_server
ON_AWS := internal/cloud internal/live functions infra
COUNTS := docs internal/billing/avoidance internal/billing/query internal/migrate internal/simulation internal/twin
CDK := node_modules/.bin/cdk
TRINO := .e2e/trino-435
STACKS ?= offpeak-hub
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_DEPRECATED := quiet
BUILD ?= build
FIGURES := TenThousand|HundredsOfGroups|IdleScopes|CallsOfASweep|ZipsAreSmall|StartToFirstResult

.DEFAULT_GOAL := help
.PHONY: help demo build lambdas test e2e e2e-trino e2e-page check format golden fuzz soak bench synth diff deploy destroy clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## the whole story on a simulated organisation, no AWS account needed; built without cgo, so without a C compiler and DuckDB, and without the AWS SDK
	CGO_ENABLED=0 go build -tags demo -o bin/ ./cmd/offpeak
	rm -rf build/demo
	bin/offpeak demo --out build/demo

build: lambdas ## bin/offpeak, with DuckDB where there is a C compiler; and the Lambda functions
	go build -o bin/ ./cmd/offpeak

lambdas: ## the Lambda functions as they are deployed, each in its folder of build, the same from the same source wherever it lies
	for f in dispatch schedule autospot interruption survey report; do CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -tags lambda.norpc,nethttpomithttp2 -trimpath -buildvcs=false \
		-ldflags '-s -w -buildid=' -o $(BUILD)/$$f/bootstrap ./functions/$$f || exit 1; done

test: check $(MOTO) ## everything: check, and all tests; under the race detector what neither links the AWS SDK, which takes long to compile for it, nor counts in one goroutine for long
	go test -race -tags demo $$(go list ./... | grep -v $(ON_AWS:%=-e /%) $(COUNTS:%=-e /%))
	go test -tags demo $(COUNTS:%=./%/...)
	OFFPEAK_MUST_MOTO=1 CGO_ENABLED=0 go test $(ON_AWS:%=./%/...)
	OFFPEAK_MUST_MOTO=1 CGO_ENABLED=0 go test ./cmd/offpeak -run 'TestLive|TestScenarios/demo'
	@command -v node >/dev/null || printf '\n*** NOT TESTED: infra. There is no Node here, in which CDK runs: no stack and no template was looked at, and "ok" above says nothing of them.\n'

e2e: e2e-trino e2e-page ## the tests that need more than Go: what Athena is asked, answered by Trino; the report's page in a browser

e2e-trino: $(TRINO) $(MOTO) # every SQL text of Athena's over the files of the tests; answers must be DuckDB's and the recount's
	OFFPEAK_TRINO=$(CURDIR)/$(TRINO) OFFPEAK_MUST_MOTO=1 go test -count 1 -timeout 20m -tags e2e ./internal/billing/duckdb -run TestAthena -v

e2e-page: ## the report's page in a real Chromium: Debian's is installed where there is none and you are root (CHROMIUM names another one)
	@[ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q chromium fonts-nanum; }
	go test -count 1 -tags e2e ./reports/page/browser

check: $(LINT) ## formatting, vet and lint (.golangci.yml)
	$(LINT) run ./...

format: $(LINT) ## rewrite the code as check wants it
	$(LINT) fmt ./...

golden: ## rewrite the expected files of all tests; review the diff like code
	go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -r dirname | sort -u) -update

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's|/[^/]*:func | |' | sort | { while read -r folder target; do \
		echo "$$target in $$folder"; go test $$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || failed="$$failed $$target"; \
		done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }; }

soak: ## the long proofs over all seeds: coverage, bias, faults, twin bills (an hour); docs/proof.md has the figures
	OFFPEAK_SOAK=1 go test -timeout 90m -v ./internal/billing/avoidance ./internal/simulation ./internal/twin
	OFFPEAK_SOAK=1 CGO_ENABLED=0 go test -timeout 60m -v ./functions -run Killed

bench: $(MOTO) ## all benchmarks, and the figures that tests hold: quotas, calls, zips, starts, memory (docs/proof.md)
	OFFPEAK_BENCH_ROWS=$${OFFPEAK_BENCH_ROWS:-1000000} go test -tags demo $$(go list ./... | grep -v $(ON_AWS:%=-e /%)) -run '^$$' -bench . -benchmem
	CGO_ENABLED=0 go test -timeout 30m $(ON_AWS:%=./%/...) -run '^$$' -bench . -benchmem
	CGO_ENABLED=0 go test -count 1 -v ./internal/hub ./functions -run '$(FIGURES)'

synth: lambdas bin/infra $(CDK) ## the CloudFormation templates: cdk.out, and in build/ those for accounts that are deployed by hand (docs/guide/deploy.md)
	$(CDK) synth --app bin/infra --quiet

diff: lambdas bin/infra $(CDK) ## what a deployment of STACKS (offpeak-hub) would change
	$(CDK) diff --app bin/infra $(STACKS)

deploy: lambdas bin/infra $(CDK) ## deploy STACKS (offpeak-hub) with the AWS credentials of the environment
	$(CDK) deploy --app bin/infra $(CDKFLAGS) $(STACKS)

destroy: lambdas bin/infra $(CDK) ## remove STACKS; buckets and keys stay, with ledger and policy in them. docs/guide/deploy.md says what comes first
	@echo "What offpeak has stopped stays stopped: run \"offpeak restore --all\" first. The hub's termination protection must be off (docs/guide/deploy.md)."
	@echo "Buckets and the key are kept; remove them by hand."
	$(CDK) destroy --app bin/infra $(STACKS)

bin/infra: FORCE
	@CGO_ENABLED=0 go build -o $@ ./infra/app

FORCE:

clean: ## remove what the other targets made
	rm -rf bin build cdk.out coverage.out

$(MOTO): requirements-test.txt # an AWS stand-in, for tests only
	python3 -m venv .venv || { apt-get install -y python3-venv && python3 -m venv .venv; }
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

$(TRINO): internal/cloud/athena/trino/fetch internal/cloud/athena/trino/pom.xml # of which Athena is made; from Maven Central, by a pinned sum
	internal/cloud/athena/trino/fetch $@

$(CDK): package-lock.json # the CDK command line, pinned
	npm ci --no-audit --no-fund
	touch $@

$(LINT): # its gofumpt is v0.12.0; its dependencies stay out of go.mod
	GOBIN="$(CURDIR)/bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $@
