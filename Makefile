# make repro   the whole pipeline, from raw bars to registered models; sets up everything it needs
# make test    ruff, mypy and pytest; sets up everything they need; test-slow runs the slow tests
# Both work again at once, and offline, after the first time. PYTHON=python3.11 chooses the interpreter.

PYTHON ?= python3
VENV ?= .venv
PYTEST_FLAGS ?= -n 2
# a team whose DVC remote holds finished outputs: make repro REPRO_FLAGS=--pull
REPRO_FLAGS ?=

LISTS := $(shell cat pyproject.toml constraints.txt | sha256sum | cut -c1-12)
RUNTIME := $(VENV)/.installed-$(LISTS)
DEVELOPMENT := $(VENV)/.developed-$(LISTS)
export PATH := $(abspath $(VENV))/bin:$(PATH)
export PYTHONHASHSEED := 0
export OMP_WAIT_POLICY := PASSIVE

.PHONY: repro test test-slow lint environment clean

repro: $(RUNTIME)
	dvc pull --quiet data.dvc
	dvc repro $(REPRO_FLAGS)
	@echo 'What the models are worth: artifacts/evaluate/report.html. What to open next: README.md'

test: lint
	pytest $(PYTEST_FLAGS)

test-slow: lint
	pytest $(PYTEST_FLAGS) --dist loadfile -m slow

lint: $(DEVELOPMENT)
	ruff check .
	ruff format --check .
	mypy

environment: $(RUNTIME)

$(RUNTIME):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d found, 3.11 or later expected: make PYTHON=python3.11" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --constraint constraints.txt --editable .
	pip check
	rm -f $(VENV)/.installed-* && touch $@

$(DEVELOPMENT): $(RUNTIME)
	pip install --quiet --constraint constraints.txt --editable '.[dev]'
	pip check
	rm -f $(VENV)/.developed-* && touch $@

clean:
	rm -rf artifacts runs .mypy_cache .pytest_cache .ruff_cache .hypothesis
