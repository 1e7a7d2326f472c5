"""What a batch run finds beside its output and among the models: nothing of others is written over, no change goes unnoticed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contrast.batch import run
from contrast.errors import ModelError
from contrast.settings import models_folder
from tests.test_batch import ids, row, rows, score_here, scored, stub, write_jsonl

__all__ = ["stub"]


def test_an_input_stays_though_a_file_of_failures_lies_beside_it(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    given, _ = write_jsonl(folder / "data.jsonl", rows(2)), write_jsonl(folder / "other.jsonl", rows(3))
    before = given.read_bytes()
    for left in ("", "notes\n", json.dumps({"id": "a", "where": "b", "reason": "c"}) + "\n"):
        (folder / "data.jsonl.errors.jsonl").write_text(left, encoding="utf-8")
        for restart in ((), ("--restart",)):
            assert score_here(monkeypatch, folder, "-o", given, *restart) == 2
            assert len(capsys.readouterr().err.splitlines()) == 1
            assert given.read_bytes() == before


def test_an_output_of_failures_alone_can_be_scored_anew(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"")
    for name in ("out.jsonl", "out.jsonl.gz"):
        assert score_here(monkeypatch, folder, "-o", folder / name) == 1
        assert score_here(monkeypatch, folder, "-o", folder / name, "--restart") == 1


def test_a_file_that_holds_no_failures_is_not_written_over(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    notes = tmp_path / "out.jsonl.errors.jsonl"
    notes.write_text("my notes\n", encoding="utf-8")
    given = write_jsonl(tmp_path / "a.jsonl", rows(1))
    for restart in ((), ("--restart",)):
        assert score_here(monkeypatch, given, "-o", tmp_path / "out.jsonl", *restart) == 2
        assert "which holds something else" in capsys.readouterr().err
        assert notes.read_text(encoding="utf-8") == "my notes\n"


def test_a_name_too_long_is_one_clear_line(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert score_here(monkeypatch, write_jsonl(tmp_path / "a.jsonl", rows(1)), "-o", tmp_path / f"{'n' * 260}.jsonl") == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in said


def test_words_that_only_look_otherwise_are_the_same(stub: None, tmp_path: Path) -> None:
    given = row(1)
    given["text"] = "The café will stay open, its owner promised. On Friday the café shut for good."
    others = (("e\u0301", "nfd"), ("\u00ad\u00e9", "shy"), ("\u00e9\u200b", "zero"))
    copies = [{**given, "id": name, "text": given["text"].replace("é", letter)} for letter, name in others]
    records = scored(write_jsonl(tmp_path / "a.jsonl", [given, *copies]), tmp_path / "out.jsonl")
    assert ids(records) == ["a1", "nfd", "shy", "zero"]
    assert [record["article"].get("duplicate_of") for record in records] == [None, "a1", "a1", "a1"]


def test_another_revision_of_a_model_of_the_hub_is_another_model(tmp_path: Path) -> None:
    """The revision that the cache holds as the newest is what is read where there is no connection."""
    script = (
        "import sys; from contrast.batch.run import digest_of_models; from contrast.settings import models_folder;"
        "print(digest_of_models(models_folder(), 'acme/tiny'))"
    )
    cache = tmp_path / "hub" / "models--acme--tiny"
    for revision in ("1" * 40, "2" * 40):
        (cache / "snapshots" / revision).mkdir(parents=True)
        (cache / "snapshots" / revision / "config.json").write_text("{}", encoding="utf-8")
    (cache / "refs").mkdir()
    digests = []
    for revision in ("1" * 40, "2" * 40, "1" * 40):
        (cache / "refs" / "main").write_text(revision, encoding="utf-8")
        digests.append(_said(script, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1"))
    assert digests[0] == digests[2] != digests[1]


def _said(script: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ, **environment})
    return done.stdout.strip()


def test_a_model_that_the_hub_does_not_give_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def refuse(*_: object, **__: object) -> str:
        raise OSError("no connection")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    with pytest.raises(ModelError, match="--model acme/tiny: not a folder here"):
        run.digest_of_models(models_folder(), "acme/tiny")
