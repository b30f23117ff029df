# Two commands do everything: `make demo` and `make test`. Each sets up what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: help setup demo test test-all lint sbom docs bench

help: ## Say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Create the virtual environment from the lock file

# The installer itself is pinned first: older ones cannot read hashes of packages with extras.
$(VENV)/.ready: requirements-pip.lock requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-pip.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-lint: $(VENV)/.ready requirements-lint.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-lint.lock
	touch $@

demo: setup ## Simulate a world with a few leaks, run the daily job on it, say where to look
	rm -rf demo
	$(BIN)/matchback simulate --out demo --preset demo
	cd demo && ../$(BIN)/matchback run --start 2026-11-09 --end 2026-11-12 --as-of 2026-11-20T12:00:00Z; \
		code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	@echo "Look at demo/reports/index.html; run the commands in the folder demo."

test: setup ## Run the tests that take less than ten minutes
	$(BIN)/python -m pytest -m "not slow and not postgres" -n $(WORKERS) --dist loadfile

test-all: setup ## Run every test, the slow ones and those that need PostgreSQL too
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(VENV)/.ready-lint ## Check style, SQL and security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --recursive matchback --configfile pyproject.toml
	$(BIN)/detect-secrets-hook --no-verify --baseline .secrets.baseline $$(git ls-files | grep -v "[.]lock$$")
	$(BIN)/zizmor --offline --no-progress --persona=pedantic .github

sbom: $(VENV)/.ready-lint ## List every installed package with version and hash in build/sbom.cdx.json
	mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.cdx.json

docs: setup ## Write the docs of the demo world: tables, schemas, data quality, report
	$(BIN)/python -m matchback.reporting.docs demo

bench: setup ## Measure the daily run against a bare script and other tools; SIZES="1000000", PARTS="size json"
	$(BIN)/python -m benchmarks $(PARTS) $(if $(SIZES),--sizes $(SIZES))
