"""Annotations of articles that are not ours to hand on: labels with places, joined with the texts by those who hold them.

A row points into one article: "id" (that of the text), "sha256" (of the text that the places count in), "sentences" [[start, end, roles]]
with roles as letters (I intention, C claim, O observation, - other), "contradicts", "supports", "ignore" as [statement, observation], and
"split". Where "has_speakers" is true, the place of who speaks follows the roles of those sentences that have a speaker. A row of judged
pairs has "pairs" instead: places as "premise", "hypothesis" and, where there is a sentence before, "premise_before" and
"hypothesis_before"; "speaker" by name, and "label". The text is the article laid out as a news archive does: title, date as YYYYMMDD,
address, body.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contrast.errors import InputError, UsageError
from contrast.reading import read_article
from contrast.reading.layout import lay_out
from contrast.rows import read_rows
from contrast.training.folders import make_folder, refuse_no_folder
from contrast.writing import write_whole

ROLE_LETTERS = {"I": "intention", "C": "claim", "O": "observation", "-": "other"}
PLACES_OF_PAIR = ("premise", "premise_before", "hypothesis", "hypothesis_before")


@dataclass(frozen=True, slots=True)
class Joined:
    """How many annotated articles were written, and the ids of those whose text was not found or is another."""

    n_written: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]


def join(pointers: Path, texts: Path, output: Path) -> Joined:
    """Writes what `pointers` annotates and `texts` holds: JSONL rows (id, title, date, url, text), or one `.txt`.

    Annotated articles go into the folder `output`; rows of judged pairs, as labelled pairs, into the file `output`, which ends in .jsonl.
    A `.txt` is an article as laid out already; it is the one that is annotated under its SHA-256.
    """
    rows = {str(row.get("id")): row for row in read_rows(pointers)}
    is_pairs = any("pairs" in row for row in rows.values())
    if is_pairs != (output.suffix == ".jsonl"):
        expected = "a file that ends in .jsonl, since pairs come of it" if is_pairs else "a folder, since annotated articles come of it"
        raise UsageError(f"--output {output}: expected {expected}")
    if not is_pairs:
        refuse_no_folder(output)
    found: dict[str, str] = {}
    for id_of_text, text in _texts(texts, rows.values()):
        if id_of_text in rows:
            found.setdefault(id_of_text, text)
    changed = [id_of_text for id_of_text, text in found.items() if _sha256(text) != rows[id_of_text].get("sha256")]
    whole = [(rows[id_of_text], text) for id_of_text, text in found.items() if id_of_text not in changed]
    if is_pairs:
        lines = [json.dumps(pair, ensure_ascii=False) + "\n" for row, text in whole for pair in _pairs(row, text, pointers)]
        write_whole(output, "".join(lines))
    else:
        for row, text in whole:
            _write_article(row, text, pointers, output)
    return Joined(len(whole), tuple(sorted(rows.keys() - found)), tuple(sorted(changed)))


def _write_article(row: dict[str, Any], text: str, pointers: Path, output: Path) -> None:
    annotation = _annotation(row, text, pointers)
    make_folder(output)
    name = row["id"].replace("/", "__")
    write_whole(output / f"{name}.txt", text)
    write_whole(output / f"{name}.json", json.dumps(annotation, ensure_ascii=False) + "\n")


def _texts(path: Path, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The articles as they are laid out, each with its id."""
    if path.suffix == ".txt":
        text = read_article(path).text
        yield next((str(row["id"]) for row in rows if row.get("sha256") == _sha256(text)), path.stem), text
        return
    for article in read_rows(path):
        yield str(article.get("id")), lay_out(article)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _annotation(row: dict[str, Any], text: str, where: Path) -> dict[str, Any]:
    try:
        return {
            "id": row["id"],
            "split": row["split"],
            "has_speakers": bool(row.get("has_speakers")),
            "sentences": [
                {
                    "i": k,
                    "text": text[start:end],
                    "roles": [ROLE_LETTERS[letter] for letter in roles],
                    "speaker": text[slice(*speaker[0])] if speaker else None,
                }
                for k, (start, end, roles, *speaker) in enumerate(row["sentences"])
            ],
            **{key: row[key] for key in ("contradicts", "supports", "ignore")},
        }
    except (KeyError, TypeError, ValueError) as error:
        raise _misfit(row, where, error, "sentences as [start, end, roles]") from error


def _pairs(row: dict[str, Any], text: str, where: Path) -> Iterator[dict[str, Any]]:
    try:
        for pair in row["pairs"]:
            places = {key: text[slice(*pair[key])] for key in PLACES_OF_PAIR if key in pair}
            yield {**places, "speaker": pair.get("speaker"), "label": pair["label"], "source": "judged", "statement_id": row["id"]}
    except (KeyError, TypeError, ValueError) as error:
        raise _misfit(row, where, error, "pairs with places as [start, end]") from error


def _misfit(row: dict[str, Any], where: Path, error: Exception, expected: str) -> InputError:
    return InputError(f"{where}: article {row.get('id')!r} does not fit ({type(error).__name__}: {error}); expected {expected}")
