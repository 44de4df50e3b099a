# make demo    set up .venv and run the whole walk on real customers (CDNOW)
# make test    set up .venv and run the tests
# make lint    ruff, mypy and vulture
# make docs    build the documentation into output/docs
# make spark   add pyspark to .venv, so that `make test` runs the tests on Spark too (they need Java 17 or newer)
# make lock    compile requirements.lock and requirements-spark.lock anew from pyproject.toml
# make clean   remove .venv and everything generated

# The first Python on the path that is new enough; override with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint docs spark lock clean
.DELETE_ON_ERROR:

demo: $(READY)
	$(BIN)/clv-ml demo

test: $(READY)
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture

# uv comes from the lock as well (version and hashes), then installs everything else from it.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "clv_ml needs Python 3.11 or newer on the PATH (or make PYTHON=/path/to/python)"; exit 1; }
	test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	awk '/^uv==/ {on = 1} on {print; if ($$0 !~ /\\$$/) exit}' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

docs: $(READY)
	$(BIN)/python tests/build_docs.py output/docs

spark: $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.lock

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" --group dev pyproject.toml -o requirements.lock
	$(BIN)/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*project["optional-dependencies"]["spark"], sep="\n")' | \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" --constraints requirements.lock - -o requirements-spark.lock

clean:
	rm -rf .venv output .mypy_cache .pytest_cache .ruff_cache .hypothesis
