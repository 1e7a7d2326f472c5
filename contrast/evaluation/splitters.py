"""Sentence splitters side by side: boundaries found on annotated articles, and time on a pool.

    python -m contrast.evaluation.splitters GOLD_DIR [POOL.jsonl.gz]

needs pysbd and syntok, which the extra `dev` brings. All split line by line, as `reading.sentences` does.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from contrast.evaluation.articles import places_of
from contrast.reading.layout import Line, parse
from contrast.rows import read_rows
from contrast.training.articles_data import read_annotated

Splitter = Callable[[str], list[tuple[int, int]]]
N_POOL_ARTICLES = 200


def splitters() -> dict[str, Splitter]:
    """Each splitter gives half-open offsets of the sentences of a line."""
    import pysbd
    import syntok.segmenter
    from sentencex import get_sentence_boundaries

    pragmatic = pysbd.Segmenter(language="en", clean=False, char_span=True)

    def by_sentencex(line: str) -> list[tuple[int, int]]:
        return [(b["start_index"], b["end_index"]) for b in get_sentence_boundaries("en", line)]

    def by_pysbd(line: str) -> list[tuple[int, int]]:
        return [(span.start, span.end) for span in pragmatic.segment(line)]

    def by_syntok(line: str) -> list[tuple[int, int]]:
        found = [list(tokens) for paragraph in syntok.segmenter.process(line) for tokens in paragraph]
        return [(tokens[0].offset, tokens[-1].offset + len(tokens[-1].value)) for tokens in found]

    return {"sentencex": by_sentencex, "pysbd": by_pysbd, "syntok": by_syntok}


def split_all(lines: tuple[Line, ...], splitter: Splitter) -> set[tuple[int, int]]:
    """Offsets in the text of all sentences of the lines, without the space around them."""
    places = set()
    for line in lines:
        for start, end in splitter(line.text):
            raw = line.text[start:end]
            begin = line.start + start + len(raw) - len(raw.lstrip())
            places.add((begin, begin + len(raw.strip())))
    return places


def main(gold_folder: Path, pool: Path | None) -> None:
    """Prints for each splitter the gold sentences found to the letter, the sentences made, and the seconds on the pool."""
    articles = [(article, (gold_folder / f"{article.id}.txt").read_text(encoding="utf-8")) for article in read_annotated(gold_folder)]
    texts = [str(row["text"]) for _, row in zip(range(N_POOL_ARTICLES), read_rows(pool), strict=False)] if pool else []
    print(f"{'splitter':<10} {'exact':>6} {'gold':>6} {'made':>6} {'pool s':>7}")
    for name, splitter in splitters().items():
        n_exact = n_gold = n_made = 0
        for article, text in articles:
            layout = parse(text)
            gold = set(places_of(article, text)[1 if layout.title else 0 :])
            made = split_all(layout.body, splitter)
            n_exact, n_gold, n_made = n_exact + len(gold & made), n_gold + len(gold), n_made + len(made)
        begin = time.perf_counter()
        for text in texts:
            split_all(parse(text).body, splitter)
        print(f"{name:<10} {n_exact:>6} {n_gold:>6} {n_made:>6} {time.perf_counter() - begin:>7.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
