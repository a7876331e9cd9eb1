# Everything runs in .venv, which needs nothing but Python 3.11 or newer and a package index. Tools and libraries are those
# of requirements-dev.txt, with its hashes; where an index lacks one of them, `make test LOCKED=` takes what fits
# pyproject.toml.
#   make demo    check the example service and show what is found
#   make test    the whole test suite
#   make lint    style, types, import contracts, generated files
#   make corpus  the tests that read pinned public packages (downloads 40 MB)
#   make bench   asynclint beside other linters, timed (takes long; downloads 60 MB)
#   make fuzz    generated and broken modules for ten minutes; failures are saved for the tests
#   make lock    renew requirements-dev.txt, the releases and hashes that test, lint, corpus and fuzz are run with
#   make clean   remove what the other targets made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DECLARED := pyproject.toml src/asynclint/__init__.py
LOCKED := requirements-dev.txt

.DEFAULT_GOAL := demo
.PHONY: demo test lint corpus bench fuzz lock clean

demo: $(VENV)/.installed
	$(BIN)/asynclint check --output-format full --exit-zero examples/shop

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/generate_configuration.py --check
	$(BIN)/python scripts/generate_report_schema.py --check
	$(BIN)/python scripts/generate_demo_picture.py --check
	$(BIN)/python scripts/readme_output.py --check

corpus: $(VENV)/.installed-dev
	$(BIN)/python scripts/corpus.py .corpus
	ASYNCLINT_CORPUS="$(CURDIR)/.corpus" $(BIN)/python -m pytest tests/corpus tests/properties/test_single_fixes.py
	$(BIN)/python scripts/corpus_fixes.py .corpus

bench: $(VENV)/.installed benchmarks/.venv/.installed
	$(BIN)/python scripts/corpus.py .corpus
	$(BIN)/python benchmarks/bench.py

benchmarks/.venv/.installed: benchmarks/requirements.txt
	$(PYTHON) -m venv --clear benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

fuzz: $(VENV)/.installed-dev
	$(BIN)/python tests/fuzz/campaign.py --save

# A release that is withdrawn or found to be bad is so within days, most of the time.
lock: $(VENV)/.made
	$(INSTALL) --upgrade uv
	$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --extra dev --generate-hashes --upgrade \
		--exclude-newer '1 week' --custom-compile-command 'make lock' --output-file requirements-dev.txt pyproject.toml

clean:
	rm -rf benchmarks/.venv $(VENV) .corpus build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "asynclint needs Python 3.11 or newer; say which with make PYTHON=…")'
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made $(DECLARED)
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made $(DECLARED) $(LOCKED)
ifdef LOCKED
	$(INSTALL) --require-hashes --requirement $(LOCKED)
	$(INSTALL) --no-deps --no-build-isolation --editable .
else
	$(INSTALL) --editable '.[dev]'
endif
	@touch $@ $(VENV)/.installed
