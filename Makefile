# `make help` lists the targets. SECONDS=20 lets `make demo` end by itself; of `make chaos` it is the load.

NPS := .venv/bin/nps
RUN := .venv/bin/python -m
unexport SECONDS

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format lock kafka-lock bench chaos soak mutants broker tools clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from requirements.lock, with the nps command; instant once done
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" scripts/setup.py; \
	  fi; \
	done; \
	echo "setup: no Python 3.11 or later on PATH; install one, or name it: make setup PYTHON=/path/to/python3" >&2; \
	exit 1

demo: setup ## everything on this machine: Kafka, two workers, simulated shops, the board (SECONDS=20: end by itself)
	@$(NPS) demo $(if $(filter command line,$(origin SECONDS)),--for $(SECONDS))

test: check broker tools ## the one gate: format, lint, types, contracts, every test on a real Kafka
	@$(RUN) tests

check: setup ## format, lint, types, layer contracts
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@.venv/bin/lint-imports --no-logo

format: setup ## let the formatter and the safe fixes at the code
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

bench: setup broker ## the measured comparisons
	@$(RUN) bench

chaos: setup broker ## faults on a real Kafka, by a seeded plan (CASE=F01 SEED=1 SECONDS=30, or PLAN=plan.json)
	@$(RUN) chaos $(addprefix --case ,$(CASE)) $(addprefix --seed ,$(SEED)) $(addprefix --plan ,$(PLAN)) \
	  $(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS))

soak: setup broker ## mixed load and a fault every half minute (MINUTES=60 SEED=1); a picture of what the workers needed
	@$(RUN) chaos.soak $(addprefix --minutes ,$(MINUTES)) $(addprefix --seed ,$(SEED))

mutants: setup ## the product with one thing wrong, again and again: which invariant notices what
	@$(RUN) tests.simulation.mutants

broker: setup
	@$(NPS) broker fetch

# Only on CI: on a person's machine the tests that need these say at the end what was missing.
tools:
ifeq ($(CI),true)
	@scripts/install-test-tools
endif

lock: setup ## write requirements.lock anew from pyproject.toml (LOCK_FLAGS=--upgrade takes newer releases)
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --extra broker --group dev $(LOCK_FLAGS) --output-file requirements.lock pyproject.toml

kafka-lock: setup ## write the embedded Kafka's jgo.lock.toml anew from its jgo.toml
	@.venv/bin/python scripts/lock_kafka.py

clean: ## remove what was made here (.venv and caches; not the per-user cache of Kafka's jars)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
