# Bitbudget. `make run` is all a newcomer needs; `make` alone lists the rest.
PORT ?= 8501
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# e.g. PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" for a torch without CUDA (gigabytes smaller)
PIP_ARGS ?=
PIP_AUDIT := 2.10.1
# Test files run side by side, one more than there are cores: they wait for processes, servers and browsers as much as
# they compute.
JOBS ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); expr $$((cores < 8 ? cores : 7)) + 1)
# your results, for the part of the back-test that needs measured items
STORE := $(or $(BITBUDGET_HOME),.bitbudget)/bitbudget.sqlite
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
export PYTHONPATH := .

.DEFAULT_GOAL := help
.PHONY: help run test lint types pytest soak audit bench models gpu-check copy-store system clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed  ## Install what is missing and serve the app on http://localhost:8501 (PORT=… to change)
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.installed-test system  ## Everything: style, types, tests (unit, pages, browser, sandbox)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types >$(VENV)/types.log 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory pytest; failed=$$?; \
	wait $$types || failed=1; cat $(VENV)/types.log; exit $$failed

lint: $(VENV)/.installed-test  ## Style of the code
	$(BIN)/ruff check .

types: $(VENV)/.installed-test  ## Types of the code
	$(BIN)/mypy

# In the order of their folders: the slow files come early, so that no processor is left with one at the end. Hundreds of
# processes import the same modules, so those are compiled once.
pytest: $(VENV)/.installed-test  ## The tests alone (ARGS="-k sandbox" to choose)
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.installed-test system  ## A thousand seeded faults, killed nodes, long walks of the state machine, an hour of visitors (hours)
	FAULT_SEEDS=1000 FAULT_LIVES=2000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) tests/faults -rP --timeout 3600
	$(BIN)/python -m tests.faults.ray_kills --seeds 20
	$(BIN)/python -m tests.load.drive --sessions 25 --every 10 --seconds 3600 --idle 180

audit: $(VENV)/.installed-test  ## Known vulnerabilities of what is installed (asks api.osv.dev; no part of `make test`)
	$(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet pip-audit==$(PIP_AUDIT)
	$(VENV)/audit/bin/pip-audit --vulnerability-service osv --path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

bench: $(VENV)/.installed  ## Time the demo grid against plain lm_eval; writes docs/benchmarks.md (tens of minutes)
	$(BIN)/python -m tests.benchmarks.pages
	for one in grid race intervals forecast speed enumeration patterns sandbox stores cluster; do $(BIN)/python -m tests.benchmarks.$$one || exit 1; done
	$(BIN)/python -m tests.benchmarks.backtest $(if $(wildcard $(STORE)),--store $(STORE))
	$(BIN)/python -m tests.benchmarks.write

models: $(VENV)/.installed  ## Train the tiny family again from scratch into data/models (about two hours on one core)
	for member in tiny-1m tiny-3m tiny-13m; do \
		$(BIN)/python -m data.models.training.train $$member --resume || exit 1; \
	done
	$(BIN)/python -m data.models.training.variants

gpu-check: $(VENV)/.installed  ## Run the quantizations that use CUDA kernels on this machine's GPU; exits 2 without one
	$(BIN)/python -m evals gpu-check $(ARGS)

copy-store: $(VENV)/.installed  ## Copy all results into an empty database: TO=postgresql+psycopg://USER@HOST/DATABASE, or a file
	@case "$(TO)" in *://*) $(PIP) -r requirements-postgres.txt;; esac
	@$(BIN)/python -m evals store copy --to "$(TO)" $(ARGS)

clean:  ## Remove the environment and the caches; your results in .bitbudget stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Bitbudget needs Python 3.11 or newer; $(PYTHON) is older. Try: make run PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch goes first, on its own: resolved together with the rest, pip may settle on another build of several gigabytes.
$(VENV)/.installed: requirements.txt requirements-app.txt | $(VENV)/bin/python
	$(PIP) "$$(grep '^torch==' requirements.txt)"
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-test: requirements-test.txt requirements-postgres.txt requirements-cluster.txt $(VENV)/.installed
	$(PIP) -r requirements-test.txt
	@touch $@

# bubblewrap runs model-written code; Chromium is driven by the browser tests; poppler reads the reports' PDF;
# the tests of the store start a PostgreSQL of their own.
system:
	@missing=""; \
	command -v bwrap >/dev/null || missing="$$missing bubblewrap"; \
	command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	command -v pdftotext >/dev/null || missing="$$missing poppler-utils"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; else sudo="none"; fi; \
	if [ "$$sudo" != none ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing"; \
		{ $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		  $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } \
		|| echo "Could not install$$missing: the tests that need them are skipped, or fail where CI is set."; \
	else \
		echo "Please install$$missing (apt-get install$$missing): without them some tests are skipped."; \
	fi
