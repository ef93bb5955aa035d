PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PYTHONUNBUFFERED := 1

.PHONY: demo test lint bench soak clean weights

demo: $(VENV)/.ready weights
	$(BIN)/python -m tools.demo

test: $(VENV)/.ready lint
	-$(BIN)/python -m tools.weights
	$(BIN)/python -m pytest -n 2 --dist loadfile tests

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy trainer serving/local tools
	$(BIN)/mypy --strict --python-version 3.10 serving/client/shelfrank_client
	$(BIN)/lint-imports

bench: $(VENV)/.ready weights
	$(BIN)/python -m tools.benchmarks

soak: $(VENV)/.ready
	$(BIN)/python -m tools.soak

weights: $(VENV)/.ready
	$(BIN)/python -m tools.weights

$(VENV)/.ready: pyproject.toml serving/client/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Shelfrank needs Python 3.11; name it with make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up $(VENV) (TensorFlow and what goes with it: a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e serving/client -e ".[dev]"
	@touch $@

clean:
	rm -rf demo runs models prepared .pytest_cache .mypy_cache .ruff_cache build dist *.egg-info
