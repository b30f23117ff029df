# Two commands do everything: `make demo` and `make test`. Each sets up what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# One process per file, but for files that share a dear set-up (tests/conftest.py says which).
PARALLEL := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

.PHONY: help setup generate demo test test-fast test-all lint hooks sbom docs bench

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

generate: setup ## Write every committed file that follows from a declaration
	$(BIN)/python -m matchback.config.schema
	$(BIN)/python -m matchback.destinations.generate
	$(BIN)/python -m matchback.sources.generate
	$(BIN)/python -m matchback.hashing.junk > dbt_project/seeds/junk_hashes.csv

demo: setup ## Simulate a world with a few leaks, run the daily job on it, say where to look
	rm -rf demo
	$(BIN)/matchback simulate --out demo --preset demo
	cd demo && ../$(BIN)/matchback run --start 2026-11-09 --end 2026-11-12 --as-of 2026-11-20T12:00:00Z; \
		code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	@echo "Look at demo/reports/index.html; run the commands in the folder demo."

test-fast: setup ## Run the tests of pure rules and of the house itself, in less than a minute
	$(BIN)/python -m pytest tests/unit tests/architecture $(PARALLEL)

test: setup ## Run every test but the slow ones, in less than six minutes
	$(BIN)/python -m pytest -m "not slow and not postgres" $(PARALLEL)

test-all: setup ## Run every test, the slow ones and those that need PostgreSQL too
	$(BIN)/python -m pytest $(PARALLEL)

lint: $(VENV)/.ready-lint ## Check style, types, SQL and security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar --processes $(WORKERS) dbt_project/models
	$(BIN)/sqlfluff lint --disable-progress-bar --templater placeholder matchback/reporting/sql
	$(BIN)/bandit --quiet --recursive matchback --configfile pyproject.toml
	$(BIN)/detect-secrets-hook --no-verify --baseline .secrets.baseline $$(git ls-files | grep -v "[.]lock$$")
	$(BIN)/zizmor --offline --no-progress --persona=pedantic .github

hooks: $(VENV)/.ready-lint ## Check every commit with the tools of lint
	$(BIN)/pre-commit install

sbom: $(VENV)/.ready-lint ## List every installed package with version and hash in build/sbom.cdx.json
	mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.cdx.json

docs: setup ## Write the docs of the demo world: tables, schemas, data quality, report
	$(BIN)/python -m matchback.reporting.docs demo

bench: setup ## Measure the daily run against a bare script and other tools; SIZES="1000000", PARTS="size json"
	$(BIN)/python -m benchmarks $(PARTS) $(if $(SIZES),--sizes $(SIZES))
