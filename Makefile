# Everything runs from a fresh clone with Python 3.11 or newer and make; what is needed besides is
# installed into .venv, once, and again when a pyproject.toml changes.
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test test-engine test-host test-heavy test-gpu lint format types layers attacks corpus bench clean

VENV ?= .venv
# The first of these that is 3.11 or newer and can make virtual environments.
CANDIDATES = python3.11 python3 python3.12 python3.13 python
PROBE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for one in $(CANDIDATES); do \
	$$one -c '$(PROBE)' >/dev/null 2>&1 && { echo $$one; break; }; done)
BIN = $(VENV)/bin
HEAVY ?= .venv-heavy
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
FAST = -m "not corpus" --ignore=tests/attacks
MANIFESTS = pyproject.toml openhcs/pyproject.toml

help:
	@echo "make demo    a small real plate through the host, and pip's commands through the engine"
	@echo "make test    the tests of both, without the slow comparison with large packages"
	@echo "make test-heavy  the host's optional parts: napari, OpenCL, dask, ImageJ"
	@echo "make test-gpu  the cupy library, on a machine with an NVIDIA GPU"
	@echo "make attacks  spoiled caches, kills, forks, hostile plugins: a minute or two"
	@echo "make corpus  that comparison: reading against importing"
	@echo "make bench   what it costs beside others, a quarter of an hour; BENCH=--quick: 3 minutes"
	@echo "make lint types layers format clean"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer with venv and ensurepip found;" \
		"install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.engine: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[test]'
	@touch $@

$(VENV)/.test: $(MANIFESTS) | $(BIN)/python
	$(PIP) install -e '.[test]' -e './openhcs[test]'
	@touch $@ $(VENV)/.engine

$(VENV)/.dev: $(MANIFESTS) $(VENV)/.test
	$(PIP) install -e '.[cli,dev,test]' -e './openhcs[test]'
	@touch $@

$(VENV)/.corpus: pyproject.toml $(VENV)/.engine
	$(PIP) install -e '.[corpus,test]'
	@touch $@

$(HEAVY)/.heavy: $(MANIFESTS)
	test -x $(HEAVY)/bin/python || $(PYTHON) -m venv $(HEAVY)
	$(HEAVY)/bin/python -m pip --disable-pip-version-check --no-input --quiet install -e '.[test]' -e './openhcs[heavy]'
	@touch $@

$(VENV)/.bench: benchmarks/requirements.txt $(VENV)/.test
	$(PIP) install -r benchmarks/requirements.txt
	@touch $@

demo: $(VENV)/.test
	$(BIN)/python -m openhcs demo

test: $(VENV)/.test test-engine test-host

test-engine: $(VENV)/.engine
	$(BIN)/python -m pytest $(FAST)

test-host: $(VENV)/.test
	cd openhcs && "$(CURDIR)/$(BIN)"/python -m pytest -m "not heavy and not gpu"

# The host's optional parts, for real: napari without a window, OpenCL on the CPU, dask, ImageJ. The
# last needs Java and Debian's package imagej; .ci/run installs that. The pytest plugins that napari
# brings along warn while pytest loads, and warnings are errors.
test-heavy: $(HEAVY)/.heavy
	cd openhcs && PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "$(CURDIR)/$(HEAVY)"/bin/python -m pytest -m heavy

test-gpu: $(HEAVY)/.heavy
	cd openhcs && PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "$(CURDIR)/$(HEAVY)"/bin/python -m pytest -m gpu

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The tests of the types are skipped by `make test`, whose environment has no type checkers.
types: $(VENV)/.dev
	$(BIN)/mypy
	cd openhcs && "$(CURDIR)/$(BIN)"/mypy
	$(BIN)/python -m pytest tests/typing

layers: $(VENV)/.dev
	$(BIN)/lint-imports

attacks: $(VENV)/.engine
	$(BIN)/python -m pytest tests/attacks

corpus: $(VENV)/.corpus
	$(BIN)/python -m pytest -m corpus -s

# BENCH has options for it: --quick, --compare benchmarks/baseline.json, --help for all.
bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py $(BENCH)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
