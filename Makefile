# One command each for a newcomer: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where labelled public NLI pairs and role corpora lie, for `make train` (see models/README.md).
PUBLIC ?= public

.PHONY: demo test lint train clean

demo: $(VENV)/demo.stamp
	$(BIN)/contrast check data/articles/b-marshport-cameras.txt

test: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/demo.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet -c constraints.txt -e .
	touch $@

# torch first, in the version that constraints.txt pins, so that nothing that follows chooses another.
$(VENV)/dev.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet -c constraints.txt torch
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs

# The shipped models, from data/ and a folder of public pairs (nli/train/*.jsonl.gz) and role corpora (roles/polnear.jsonl.gz). Each step goes on
# from its last checkpoint after a kill; remove runs/ to start over.
RUNS := runs
OWN := --data data/pairs --data data/crossed --data data/seed --data data/articles
train: $(VENV)/dev.stamp
	$(BIN)/contrast train nli $(foreach file,$(filter-out %mpe_train.jsonl.gz %mpe_dev.jsonl.gz,$(wildcard $(PUBLIC)/nli/train/*.jsonl.gz)),--data $(file)) \
		--output $(RUNS)/nli-base
	$(BIN)/contrast train nli --base $(RUNS)/nli-base --data data/pairs --data data/seed --data data/articles --neutrals 3 \
		--epochs 4 --batch-size 32 --learning-rate 8e-5 --dropout 0.1 --output $(RUNS)/nli-tuned
	$(BIN)/contrast train nli --base $(RUNS)/nli-tuned $(OWN) --neutrals 2 \
		--epochs 1.5 --batch-size 32 --learning-rate 5e-5 --dropout 0.1 --output $(RUNS)/nli
	$(BIN)/contrast train roles --data data/articles --data data/seed --data $(PUBLIC)/roles/polnear.jsonl.gz --repeats 4 --output $(RUNS)/roles-first
	$(BIN)/contrast train roles --base $(RUNS)/roles-first --data data/articles --data data/seed --repeats 2 --learning-rate 6e-5 \
		--output $(RUNS)/roles-second
	$(BIN)/contrast train roles --base $(RUNS)/roles-second --data data/articles --data data/seed --repeats 1 --learning-rate 5e-5 --output $(RUNS)/roles
	$(BIN)/contrast export roles $(RUNS)/roles --output models/roles --probes data/articles --name contrast
	$(BIN)/contrast export nli $(RUNS)/nli --output models/nli --probes data/pairs --probes data/articles --name contrast
	$(BIN)/contrast train calibration
