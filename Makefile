# `make demo` and `make test` work as the first command on a machine with Python 3.11 or newer.
# Nothing is installed system-wide, but for Python's own venv module when root lacks it on Debian.

PYTHON ?= python3
VENV ?= .venv
TESTS ?= tests
BENCHMARKS ?= $(sort $(wildcard benchmarks/*.py))

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
FETCH := $(BIN)/python -m caisson.targets.local.fetch
SERVERS := postgres redis-server memcached haproxy pgbackrest restic

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test soak campaigns emulated check bench lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Install Caisson as .venv/bin/caisson and find or fetch the servers
	@$(FETCH) $(SERVERS)

demo: $(INSTALLED) ## Run the reference estate, lose a region while users write, show what held
	@$(FETCH) --quiet $(SERVERS)
	@$(BIN)/caisson demo examples/workspace

test: $(INSTALLED) ## Run the tests against real servers and a real browser (TESTS=tests/unit for some)
	@$(FETCH) --quiet $(SERVERS) chromium ip nft
	@$(BIN)/pytest $(TESTS)

soak: $(INSTALLED) ## Run the property tests on examples that were never tried before
	@$(FETCH) --quiet $(SERVERS)
	@$(BIN)/pytest tests/properties --hypothesis-profile=soak

campaigns: $(INSTALLED) ## Repeat what strikes backups and restores until it says something (hours)
	@$(FETCH) --quiet $(SERVERS)
	@CAISSON_MOMENTS=200 $(BIN)/pytest tests/real/test_estate_backed_up.py -k each_moment
	@CAISSON_KILLS=34 CAISSON_LOSSES=20 $(BIN)/pytest -s tests/real/test_backups_struck.py

emulated: $(INSTALLED) ## Apply the reference estate to an AWS that is none, change it, take it away
	@CAISSON_EMULATED=reference $(BIN)/pytest tests/emulated

check: $(INSTALLED) ## Run the linter, the formatter, the type checker and the layer contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(INSTALLED) ## Run the benchmarks and print their figures (BENCHMARKS=benchmarks/… for some)
	@$(FETCH) --quiet $(SERVERS)
	@for benchmark in $(BENCHMARKS); do \
	  echo "== $$benchmark" && $(BIN)/python $$benchmark || exit 1; \
	done

lock: ## Pin every dependency again, with hashes (UPGRADE=--upgrade for the newest of each)
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/pip install --quiet uv
	@build/lock/bin/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	    --generate-hashes --no-emit-index-url --no-emit-find-links $(UPGRADE) \
	    --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml -

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing the Python packages of requirements.lock into $(VENV)" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Caisson needs Python 3.11 or newer, and $(PYTHON) is:" \
	    "$$($(PYTHON) --version 2>&1 || true). Name another: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  package="python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $$package, without which Python makes no virtual environment" >&2; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
	      apt-get -qq install --yes --no-install-recommends "$$package" >/dev/null; \
	  else \
	    echo "Python's venv module is missing; type: sudo apt-get install $$package" >&2; exit 1; \
	  fi; }
	@$(PYTHON) -m venv --clear $(VENV)
