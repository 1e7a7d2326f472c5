"""Real inputs to compare an exported graph with its model on."""

from pathlib import Path

from contrast.scoring.framing import frame
from contrast.training.export import Kind, Probe, load_tokenizer
from contrast.training.pairs_data import read_pairs, splits_at
from contrast.training.roles_data import read_documents, splits_of_documents
from contrast.windows import lay

N_PROBES = 600


def probes_of(kind: Kind, source: Path, paths: list[Path], *, split: str = "validation", max_tokens: int = 192) -> list[Probe]:
    """At most `N_PROBES` inputs from the validation split of the data, evenly drawn: pairs for nli, windows for roles.

    Where the data hold other splits alone, those of one of them, for a graph keeps to its model on what this was trained on as elsewhere.
    """
    tokenizer = load_tokenizer(source, kind)
    there = splits_at(paths) if kind == "nli" else splits_of_documents(paths)
    if there and split not in there:
        split = there[-1]
    if kind == "nli":
        pairs = read_pairs(paths, split=split)
        chosen = pairs[:: max(1, len(pairs) // N_PROBES)][:N_PROBES]
        encoded = tokenizer(
            [frame(pair.premise) for pair in chosen],
            [frame(pair.hypothesis) for pair in chosen],
            truncation="longest_first",
            max_length=max_tokens,
        )
        ids = encoded["input_ids"]
        type_ids = encoded.get("token_type_ids", [[0] * len(of_pair) for of_pair in ids])
        return [Probe(*sides) for sides in zip(ids, type_ids, strict=True)]
    documents = read_documents(paths, split=split)
    texts = [tokenizer([s.text for s in document.sentences], add_special_tokens=False)["input_ids"] for document in documents]
    windows = [Probe(list(window.ids), [0] * len(window.ids)) for text in texts for window in lay(text)]
    return windows[:: max(1, len(windows) // N_PROBES)][:N_PROBES]
