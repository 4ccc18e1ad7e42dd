# Everything that people do with this repository; `make help` lists it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
NODE := .venv/.node
CDK := node_modules/.package-lock.json
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
export PATH := $(PATH):$(CURDIR)/.venv/bin# for node, where the machine has none

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
	$(PIP) --require-hashes -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@echo "installed in $$(($$(date +%s) - $$(cat .install-began))) s"; rm .install-began
	@touch $@

$(NODE): $(READY) requirements/node.txt
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "no Node here: installing it into .venv"; $(PIP) --require-hashes -r requirements/node.txt; }
	@touch $@

$(CDK): package-lock.json $(NODE)
	@npm ci --silent --no-audit --no-fund

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

lock: $(READY) ## Pin the requirements, with hashes
	$(BIN)/uv pip compile requirements/dev.in --python-version 3.11 --generate-hashes --no-header -o requirements/dev.txt
	$(BIN)/uv pip compile requirements/node.in --python-version 3.11 --generate-hashes --no-header -o requirements/node.txt

images: ## Build the container images with docker or podman (docs/images.md)
	@set -e; for file in containers/*/Dockerfile; do sh scripts/build-image.sh "$$(basename "$$(dirname "$$file")")"; done

clean: ## Remove .venv and everything that was made here
	rm -rf .venv node_modules build .glyphline benchmarks/results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
