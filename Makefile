PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format audit clean

help:  ## Show the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,cli,dask,images,report]"
	@touch $@

demo: $(VENV)/installed  ## Train a GAN on bundled data; print accuracy and F1 with and without it
	$(BIN)/python examples/01_quick_start.py

test: $(VENV)/installed  ## Run the tests (the slow ones excepted)
	$(BIN)/python -m pytest -q -m "not slow and not gpu"

test-slow: $(VENV)/installed  ## Run every test that this machine can run
	$(BIN)/python -m pytest -q

lint: $(VENV)/installed  ## Check style, imports and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed  ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/installed  ## Look the pinned dependencies up in the advisories of PyPI (needs a connection)
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	$(VENV)/audit/bin/pip-audit -r constraints.txt --no-deps --disable-pip

clean:  ## Remove the environment and the caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
