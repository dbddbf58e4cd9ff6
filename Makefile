# The two commands of the README: `make demo` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test install lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: $(STAMP) ## portal + 12 printers + collector on loopback; make demo ARGS=--check proves a day and exits
	@$(BIN)/inkwire demo $(ARGS)

test: $(STAMP) ## every check of tox.ini, in order; make test ARGS="-e unit" for one of them
	@$(BIN)/tox run $(ARGS)

install: $(STAMP) ## only the set-up

$(STAMP): pyproject.toml constraints.txt
	@echo "inkwire: setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit("inkwire needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null || { \
		echo "inkwire: this Python has no venv; fetching virtualenv with pip instead"; rm -rf $(VENV); \
		$(PYTHON) -m pip --disable-pip-version-check install -q --target .virtualenv virtualenv && \
		PYTHONPATH=.virtualenv $(PYTHON) -m virtualenv -q $(VENV); rm -rf .virtualenv; }
	@echo "inkwire: installing the locked packages of constraints.txt ..."
	@{ $(PIP) install -q -r constraints.txt && $(PIP) install -q --no-deps --no-build-isolation -e . && $(PIP) check; } \
		> $(VENV)/install.log 2>&1 || { cat $(VENV)/install.log; echo "inkwire: set-up failed; see above"; exit 1; }
	@touch $(STAMP)

lock: ## write constraints.txt anew from the newest versions that fit pyproject.toml
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check install -q -e '.[all,dev]'
	@{ echo "# Every package of the environment that make builds, exactly. Written by: make lock"; \
		.venv-lock/bin/python -m pip freeze --all --exclude-editable | grep -v -i -E '^(pip|wheel)='; } > constraints.txt
	@rm -rf .venv-lock

clean: ## remove what set-up and tests made
	@rm -rf $(VENV) .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
