"""Annotations of articles that are not ours to hand on: labels with places, joined with the texts by those who hold them.

A row points into one article: "id" (that of the text), "sha256" (of the text that the places count in), "sentences" [[start, end, roles]]
with roles as letters (I intention, C claim, O observation, - other), "contradicts", "supports", "ignore" as [statement, observation], and
"split". The text is the article laid out as a news archive does: title, date as YYYYMMDD, address, body.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contrast.errors import InputError
from contrast.reading.layout import lay_out
from contrast.rows import read_rows
from contrast.writing import write_whole

ROLE_LETTERS = {"I": "intention", "C": "claim", "O": "observation", "-": "other"}


@dataclass(frozen=True, slots=True)
class Joined:
    """How many annotated articles were written, and the ids of those whose text was not found or is another."""

    n_written: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]


def join(pointers: Path, texts: Path, output: Path) -> Joined:
    """Writes to `output` the articles that `pointers` annotates and `texts` holds (JSONL rows: id, title, date, url, text)."""
    rows = {str(row.get("id")): row for row in read_rows(pointers)}
    output.mkdir(parents=True, exist_ok=True)
    found: set[str] = set()
    changed = []
    for article in read_rows(texts):
        row = rows.get(str(article.get("id")))
        if row is None or row["id"] in found:
            continue
        found.add(row["id"])
        text = lay_out(article)
        annotation = _annotation(row, text, pointers)
        if hashlib.sha256(text.encode()).hexdigest() != row.get("sha256"):
            changed.append(row["id"])
            continue
        name = row["id"].replace("/", "__")
        write_whole(output / f"{name}.txt", text)
        write_whole(output / f"{name}.json", json.dumps(annotation, ensure_ascii=False) + "\n")
    return Joined(len(found) - len(changed), tuple(sorted(rows.keys() - found)), tuple(sorted(changed)))


def _annotation(row: dict[str, Any], text: str, where: Path) -> dict[str, Any]:
    try:
        return {
            "id": row["id"],
            "split": row["split"],
            "has_speakers": False,
            "sentences": [
                {"i": k, "text": text[start:end], "roles": [ROLE_LETTERS[letter] for letter in roles], "speaker": None}
                for k, (start, end, roles) in enumerate(row["sentences"])
            ],
            **{key: row[key] for key in ("contradicts", "supports", "ignore")},
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{where}: article {row.get('id')!r} does not fit ({type(error).__name__}: {error}); expected sentences as [start, end, roles]"
        ) from error
