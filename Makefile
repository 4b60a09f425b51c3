PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-nightly coverage mutation lint format audit clean

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

test-nightly: $(VENV)/installed  ## Check the promises on 20,000 made-up tables (half an hour)
	$(BIN)/python -m pytest -q --hypothesis-profile nightly tests/test_properties.py

coverage: $(VENV)/installed  ## Say which lines and branches the tests do not reach; 95% is the least
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -m "not slow and not gpu"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --show-missing --skip-covered

# A part of the mutants: make mutation MUTANTS="gan_augment.gate.rule.*"
mutation: $(VENV)/installed  ## Change encoder, sampler and gate in small ways; do tests notice?
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt mutmut
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut results

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
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .coverage .coverage.* mutants
