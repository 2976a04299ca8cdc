# Two commands do everything on a fresh machine: `make run` and `make test`.
# Needed: Python 3.11 to 3.13, git, make, and a Python package index. Nothing is installed outside this folder.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev
export DBT_TARGET ?= duckdb

.DEFAULT_GOAL := help
.PHONY: help setup run test test-large lint format postgres bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(DEV) ## make the virtual environment from the locked requirements

$(BASE): requirements/base.txt requirements/uv.txt pyproject.toml
	@sh requirements/setup.sh $(VENV) base
	@touch $@

$(DEV): $(BASE) requirements/dev.txt
	@sh requirements/setup.sh $(VENV) dev
	@touch $@

run: $(BASE) ## the main job: sample (if there is no landing/), load, build, forecast, detect, metrics, pages
	@$(BIN)/data-layer run

test: $(DEV) ## every check, on DuckDB and PostgreSQL
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not large"

test-large: $(DEV) ## what takes minutes: billing errors in four more estates, and the real Cambridge estate
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m large

lint: $(DEV) ## ruff, sqlfluff, strict dbt parse, YAML, secrets and file sizes, as before a commit
	@$(BIN)/pre-commit run --all-files

format: $(DEV) ## let ruff and sqlfluff put the code in the house style
	@$(BIN)/ruff check --fix python tests
	@$(BIN)/ruff format python tests
	@$(BIN)/sqlfluff fix models macros analyses tests

postgres: $(BASE) ## start a PostgreSQL 18 and print the PG* variables that reach it from dbt, psql and mf
	@$(BIN)/data-layer postgres start

bench: $(DEV) ## speed and memory, as ratios against a peer in the same run
	@for file in python/benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python $$file || exit 1; done

lock: $(DEV) ## work out requirements/*.txt anew from pyproject.toml
	@sh requirements/lock.sh $(BIN)/uv

clean: ## remove what `make run` made (keeps landing/ and the virtual environment)
	@rm -rf warehouse target site
