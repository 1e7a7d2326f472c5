# One command each for a newcomer: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where labelled public NLI pairs and role corpora lie, for `make train` (see models/README.md).
PUBLIC ?= public

.PHONY: demo test lint train bench clean

demo: $(VENV)/demo.stamp
	$(BIN)/contrast check data/articles/p2-132-sand-barges.txt

test: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadscope

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

# Speed and memory beside other ways to do the same; needs some minutes and a quiet machine.
bench: $(VENV)/dev.stamp
	$(BIN)/pip install --quiet -c constraints.txt -e '.[bench]'
	$(BIN)/contrast bench

clean:
	rm -rf $(VENV) runs

# The shipped models, from data/ and a folder of public material: NLI pairs (nli/train, nli/aux/*.jsonl.gz), role corpora (roles/polnear.jsonl.gz)
# and the real articles that data/real points into (articles/pool.jsonl.gz). Each step goes on from its last checkpoint after a kill; remove runs/
# to start over.
RUNS := runs
ARTICLES := data/articles data/articles-dense data/articles-shaped
OWN := --data data/pairs --data data/crossed --data data/seed --data data/seed $(addprefix --data ,$(ARTICLES)) --data $(RUNS)/real --data $(RUNS)/real \
	--data $(RUNS)/judged.jsonl
PAIRS := $(filter-out %mpe_train.jsonl.gz %mpe_dev.jsonl.gz,$(wildcard $(PUBLIC)/nli/train/*.jsonl.gz)) \
	$(patsubst %,$(PUBLIC)/nli/aux/%.jsonl.gz,infotabs_train glue_rte_train rte2_dev rte3_dev)
KEPT := $(patsubst %,--data $(PUBLIC)/nli/train/%.jsonl.gz,mnli_train_nyu_hw2 cad_snli_revised_train)
HOW := --neutrals 2.5 --stray-context 0.25 --smoothing 0.05
train: $(VENV)/dev.stamp
	$(BIN)/contrast dataset join data/real/articles.jsonl --texts $(PUBLIC)/articles/pool.jsonl.gz --output $(RUNS)/real
	$(BIN)/contrast dataset join data/real/judged.jsonl --texts $(PUBLIC)/articles/pool.jsonl.gz --output $(RUNS)/judged.jsonl
	$(BIN)/contrast train nli $(addprefix --data ,$(PAIRS)) --epochs 1 --learning-rate 1.2e-4 --output $(RUNS)/nli-base
	$(BIN)/contrast train nli --base $(RUNS)/nli-base $(OWN) $(KEPT) $(HOW) --near-neutrals 0.5 --learning-rate 1.5e-4 --output $(RUNS)/nli-first
	$(BIN)/contrast train nli --base $(RUNS)/nli-first $(OWN) $(KEPT) $(HOW) --near-neutrals 0.7 --learning-rate 1e-4 --seed 29 --output $(RUNS)/nli
	$(BIN)/contrast train roles $(addprefix --data ,$(ARTICLES)) --data data/seed --data $(PUBLIC)/roles/polnear.jsonl.gz --repeats 2 --output $(RUNS)/roles-base
	$(BIN)/contrast train roles --base $(RUNS)/roles-base $(addprefix --data ,$(ARTICLES)) --data data/seed --data $(RUNS)/real --repeats 1 --learning-rate 8e-5 \
		--output $(RUNS)/roles
	$(BIN)/contrast train average $(RUNS)/nli=0.65 $(RUNS)/nli-first=0.35 --output $(RUNS)/nli-averaged
	$(BIN)/contrast export roles $(RUNS)/roles --output models/roles --probes data/articles --name contrast
	$(BIN)/contrast export nli $(RUNS)/nli-averaged --output models/nli --probes data/pairs --probes data/articles --name contrast
	$(BIN)/contrast train calibration $(addprefix --articles ,$(ARTICLES)) --articles $(RUNS)/real
