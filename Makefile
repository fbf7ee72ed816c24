# Two commands set everything up on a fresh machine with Python 3.11 or newer:
#   make demo             explain a real clip (make demo CLIP=my.mp4 for your own)
#   make test             install, pull the weights, run the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CLIP ?=
# Two processes, a file of tests at a time; WORKERS= runs them in this process, to debug.
WORKERS ?= -n 2 --dist loadfile

# Two busy multi-threaded processes slow each other tenfold; sleeping waiters do not.
export OMP_WAIT_POLICY ?= PASSIVE
export TOKENIZERS_PARALLELISM ?= false

.PHONY: install pull demo test check fmt clean

install: $(INSTALLED)

# torch comes first and pinned: a plain request for it can bring gigabytes of CUDA packages.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "xemogpt needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

pull: $(INSTALLED)
	$(BIN)/xemogpt pull nano samples

demo: pull
	$(BIN)/xemogpt explain $(if $(CLIP),"$(CLIP)",sample) --report out/demo.html

test: pull
	$(BIN)/xemogpt pull controlled
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(WORKERS) $(ARGS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache
