# crbot: `make demo` and `make test` need Python 3.11 or newer and make, nothing else.

# The first Python here that is new enough; another one: make PYTHON=/path/to/python3 …
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "crbot needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: venv
venv: $(READY) ## make the virtual environment with the locked dependencies

.PHONY: demo
demo: $(READY) ## the whole bot on this machine, no account needed; Ctrl-C ends it
	$(BIN)/crbot demo

.PHONY: test
test: $(READY) ## the tests that need nothing but Python
	$(BIN)/pytest -n auto -m "not live"

.PHONY: lint
lint: $(READY) ## style, types and the direction of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: ci
ci: $(READY) lint ## everything, the live tests too; system packages: .ci/run installs them
	$(BIN)/pytest -n auto

.PHONY: mail-corpus
mail-corpus: $(READY) ## any folder of mail through the intake: DIR=… and, if there is one of bounces alone, BOUNCES=…
	CRBOT_MAIL_CORPUS="$(abspath $(DIR))" CRBOT_BOUNCE_CORPUS="$(abspath $(BOUNCES))" $(BIN)/pytest -s -q tests/test_mail_corpus.py tests/channels/mail/test_mime.py -k "corpus or folder or library or machines"

.PHONY: bench
bench: $(READY) ## the benchmark table, each row a ratio against its floor
	$(BIN)/python -m tests.bench

.PHONY: faults
faults: $(READY) ## killed, flooded and cut off at length; half an hour
	FAULTS_KILLS=200 $(BIN)/pytest -q -s tests/faults

.PHONY: format
format: $(READY) ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: policy
policy: $(READY) ## what is made of the rules: docs/policy-as-run.md and the schemas for editors
	$(BIN)/crbot rules explain --rules rules > docs/policy-as-run.md
	$(BIN)/crbot rules schema --rules rules --write rules/schema

.PHONY: site
site: $(READY) ## the documents as a site to look at: dist/site/index.html
	$(BIN)/mkdocs build --strict

.PHONY: man
man: $(READY) ## the manual page: dist/crbot.1
	@mkdir -p dist
	$(BIN)/python deploy/manpage.py dist/crbot.1

.PHONY: lock
lock: ## renew both lock files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --extra demo $(LOCKED) -o requirements.lock
	uv pip compile pyproject.toml --extra microsoft365 --constraint requirements.lock $(LOCKED) -o deploy/requirements.lock
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: sbom
sbom: $(READY) ## what is installed where crbot runs, with hashes, as CycloneDX: dist/crbot.cdx.json
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o dist/crbot.cdx.json deploy/requirements.lock

.PHONY: audit
audit: $(READY) ## look the locked dependencies up among the known faults (asks a public database)
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement deploy/requirements.lock

.PHONY: clean
clean: ## remove what was built
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
