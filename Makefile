# Everything a newcomer needs: `make run` and `make test`. Python 3.11 or newer is all that must be there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
SCALE  ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test demo demo-data bench bench-lists bench-staff-lists bench-payouts bench-ledger lint format schema contract migration lock clean

help:  ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(STAMP)  ## database, migrations, demo data, API, storefront and worker; Ctrl-C stops them
	@$(BIN)/marketplace run

test: $(STAMP)  ## every test, the browser's included
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

demo: $(STAMP)  ## the main job as a story with figures, from a listing sheet to a payout
	@$(BIN)/python -m marketplace.demo.story $(if $(URL),--url $(URL))

demo-data: $(STAMP)  ## load demo data; SCALE=30 makes 100,000 listings
	@$(BIN)/marketplace demo-data --scale $(SCALE)

bench: $(STAMP)  ## what users wait for, each as a ratio to its limit in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

bench-lists: $(STAMP)  ## every filter and order of the catalogue, in 10,000 listings and in 100,000
	@$(BIN)/python -m benchmarks.lists $(ARGS)

bench-staff-lists: $(STAMP)  ## every filter and order of staff's lists, in 100,000 products, orders and customers
	@$(BIN)/python -m benchmarks.staff_lists $(ARGS)

bench-payouts: $(STAMP)  ## a payout run over 100,000 orders of 750 sellers
	@$(BIN)/python -m benchmarks.payouts $(ARGS)

bench-ledger: $(STAMP)  ## the ledger's check, its deriving, and a large seller's balance, with two million postings
	@$(BIN)/python -m benchmarks.ledger $(ARGS)

lint: $(STAMP)  ## style, types, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@PYTHONPATH=.:graphql $(BIN)/lint-imports --no-logo
	@$(BIN)/python -m marketplace_graphql.schema | diff --unified graphql/schema.graphql - \
		|| (echo "graphql/schema.graphql is stale: make schema"; exit 1)
	@$(BIN)/python -m marketplace_graphql.contract docs/saleor.md

format: $(STAMP)  ## put the code into the house's format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format --quiet

schema: $(STAMP)  ## print the API's schema into graphql/schema.graphql
	@$(BIN)/python -m marketplace_graphql.schema > $(VENV)/schema.graphql
	@mv $(VENV)/schema.graphql graphql/schema.graphql

contract: $(STAMP)  ## print what of Saleor's contract is there; REFERENCE=a file with Saleor's own schema
	@$(BIN)/python -m marketplace_graphql.contract docs/saleor.md --reference $(REFERENCE) > $(VENV)/saleor.md
	@mv $(VENV)/saleor.md docs/saleor.md

migration: $(STAMP)  ## write the migration to the tables as declared; NAME="Say what it does"
	@$(BIN)/marketplace migrate
	@$(BIN)/marketplace make-migration "$(NAME)"
	@$(BIN)/ruff format --quiet migrations

lock: $(STAMP)  ## choose the newest versions of what we depend on
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --group dev --output-file requirements.lock pyproject.toml

clean:  ## forget the environment and all local data
	rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf /dev/shm/marketplace-tests-$$(id -u)-$$(printf %s "$(CURDIR)" | sha256sum | cut -c 1-12)

# Made again when what we depend on changes, and only then.
$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@
