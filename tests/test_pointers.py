"""Annotations that point into texts of others: joined with them, or refused."""

import hashlib
import json
from pathlib import Path

import pytest

from contrast.errors import InputError, UsageError
from contrast.training.articles_data import read_annotated
from contrast.training.pairs_data import read_pairs
from contrast.training.pointers import join, lay_out
from contrast.training.roles_data import document_of

ARTICLE = {
    "id": "wire/1",
    "title": "Mill stays, owner says",
    "date": "2024-03-12",
    "url": "https://example.org",
    "text": "It shut. Rain fell.",
}


def pointers(folder: Path, **changes: object) -> Path:
    text = lay_out(ARTICLE)
    places = [
        [text.index(part), text.index(part) + len(part), roles] for part, roles in (("Mill stays, owner says", "I"), ("It shut.", "O"))
    ]
    row = {
        "id": "wire/1",
        "split": "train",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "sentences": places,
        "contradicts": [[0, 1]],
        "supports": [],
        "ignore": [],
        **changes,
    }
    path = folder / "articles.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def texts(folder: Path, *articles: dict[str, str]) -> Path:
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    return path


def test_joined_pointers_are_annotated_articles_without_speakers(tmp_path: Path) -> None:
    assert join(pointers(tmp_path), texts(tmp_path, {**ARTICLE, "id": "other"}, ARTICLE), tmp_path / "out").n_written == 1
    (article,) = read_annotated(tmp_path / "out")
    assert [sentence.text for sentence in article.sentences] == ["Mill stays, owner says", "It shut."]
    assert article.contradicts == {(0, 1)}
    assert [sentence.speakers for sentence in document_of(article).sentences] == [None, None]


def test_a_text_that_is_missing_or_another_is_told(tmp_path: Path) -> None:
    assert join(pointers(tmp_path), texts(tmp_path), tmp_path / "out").missing == ("wire/1",)
    changed = join(pointers(tmp_path), texts(tmp_path, {**ARTICLE, "text": "It is open."}), tmp_path / "out")
    assert (changed.n_written, changed.changed) == (0, ("wire/1",))
    assert read_annotated(tmp_path / "out") == []


@pytest.mark.parametrize("change", [{"sentences": [[0, 5, "Q"]]}, {"sentences": 5}, {"sentences": [[0, 5]]}])
def test_a_pointer_that_does_not_fit_is_named_and_nothing_is_written(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="wire/1"):
        join(pointers(tmp_path, **change), texts(tmp_path, ARTICLE), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def test_a_pointer_without_a_hash_is_not_joined(tmp_path: Path) -> None:
    assert join(pointers(tmp_path, sha256=None), texts(tmp_path, ARTICLE), tmp_path / "out").changed == ("wire/1",)


def test_one_article_as_text_is_known_by_its_hash(tmp_path: Path) -> None:
    text = lay_out(ARTICLE)
    page = tmp_path / "saved.txt"
    page.write_text(text, encoding="utf-8")
    statement, observation = text.index("Mill"), text.index("It shut.")
    sentences = [[statement, statement + 22, "I", [text.index("owner"), text.index("owner") + 5]], [observation, observation + 8, "O"]]
    row = pointers(tmp_path, has_speakers=True, sentences=sentences)
    assert join(row, page, tmp_path / "out").n_written == 1
    (article,) = read_annotated(tmp_path / "out")
    assert [sentence.speaker for sentence in article.sentences] == ["owner", None]
    page.write_text(text + " More.", encoding="utf-8")
    assert join(row, page, tmp_path / "other").missing == ("wire/1",)


def judged(folder: Path, **changes: object) -> Path:
    text = lay_out(ARTICLE)
    places = {
        name: [text.index(part), text.index(part) + len(part)] for name, part in (("hypothesis", "Mill stays"), ("premise", "It shut."))
    }
    pair = {**places, "premise_before": places["hypothesis"], "speaker": "owner", "label": "contradiction", **changes}
    row = {"id": "wire/1", "split": "train", "sha256": hashlib.sha256(text.encode()).hexdigest(), "pairs": [pair]}
    path = folder / "judged.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def test_judged_pairs_become_labelled_pairs(tmp_path: Path) -> None:
    assert join(judged(tmp_path), texts(tmp_path, ARTICLE), tmp_path / "pairs.jsonl").n_written == 1
    (pair,) = read_pairs([tmp_path / "pairs.jsonl"])
    assert (pair.premise.text, pair.premise.before, pair.hypothesis.text, pair.hypothesis.before, pair.hypothesis.speaker, pair.label) == (
        "It shut.",
        "Mill stays",
        "Mill stays",
        None,
        "owner",
        "contradiction",
    )


def test_pairs_that_do_not_fit_or_go_into_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pairs with places"):
        join(judged(tmp_path, premise="It shut."), texts(tmp_path, ARTICLE), tmp_path / "pairs.jsonl")
    with pytest.raises(UsageError, match="expected a file that ends"):
        join(judged(tmp_path), texts(tmp_path, ARTICLE), tmp_path / "out")
    with pytest.raises(UsageError, match="a folder"):
        join(pointers(tmp_path), texts(tmp_path, ARTICLE), tmp_path / "out.jsonl")
