# Everything that people do with this repository; `make help` lists it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
CDK := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench lock images clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(READY) $(CDK) ## Make .venv from the pinned requirements; install the CDK's CLI and the fonts
	@sh scripts/install-system-packages.sh

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed; run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@echo "installing the pinned requirements into .venv: some minutes"; date +%s >.install-began
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "installed in $$(($$(date +%s) - $$(cat .install-began))) s"; rm .install-began
	@touch $@

$(CDK): package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; else \
		echo "note: no npm here: the tests that synthesise and deploy by the CDK's CLI are skipped"; fi

demo: setup ## Train, compare, gate and register two models here, the second on new labels
	@sh scripts/demo.sh

test: setup lint ## Lint, then run every test
	$(BIN)/pytest -n auto --dist loadfile

lint: $(READY) ## Check format, style, types and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Run every benchmark: tables here, JSON in benchmarks/results/
	@set -e; for script in benchmarks/[a-z]*.py; do \
		if grep -q '__main__' $$script; then echo "== $$script"; $(BIN)/python $$script; fi; done

lock: $(READY) ## Pin requirements/dev.in into requirements/dev.txt, with hashes
	$(BIN)/uv pip compile requirements/dev.in --python-version 3.11 --generate-hashes --no-header -o requirements/dev.txt

images: ## Build the container images with docker or podman (docs/images.md)
	@sh scripts/build-image.sh paddle

clean: ## Remove .venv and everything that was made here
	rm -rf .venv node_modules build .glyphline benchmarks/results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
