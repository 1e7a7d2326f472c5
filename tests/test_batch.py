"""Many articles: the same rows whatever the format, the chunks, the workers, the engine, and however often the run is killed."""

import csv
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from contrast.batch import csv_rows, journal, output, run, sources, work
from contrast.batch.journal import Journal, State
from contrast.batch.progress import Progress
from contrast.batch.raws import Columns, Meter, Raw
from contrast.batch.seen import Seen
from contrast.batch.settings import BatchSettings
from contrast.cli import main
from contrast.errors import InputError, UsageError
from contrast.reading import read_article
from contrast.rendering.as_json import as_object
from contrast.schema import Article, Report
from tests.batch_stub import StubChecker, use_stub
from tests.conftest import ROOT
from tests.pages import FERRY, json_ld
from tests.test_cli import SCHEMA, assert_one_clear_line, contrast

PLACES = ("mill", "mine", "port", "farm", "bank", "club", "dam", "quay", "school", "prison", "museum", "bridge")
ACTS = ("shut for good", "sold its last boat", "burnt to the ground", "sacked all hands", "was fenced off", "ran out of money")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stub(monkeypatch.setattr)


def row(k: int) -> dict[str, Any]:
    place, act = PLACES[k % len(PLACES)], ACTS[k % len(ACTS)]
    text = (
        f"The {place} number {k} will stay open until {2030 + k}, its owner promised on day {k}.\nIn week {k} the {place} {act} at {7 * k}."
    )
    return {"id": f"a{k}", "title": f"Plans for {place} {k}", "date": "2024-03-12", "url": f"https://example.org/{k}", "text": text}


def rows(n: int) -> list[dict[str, Any]]:
    return [row(k) for k in range(n)]


def write_jsonl(path: Path, articles: Sequence[object]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in articles), encoding="utf-8")
    return path


def write_csv(path: Path, articles: Sequence[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(articles[0]))
        writer.writeheader()
        writer.writerows(articles)
    return path


def write_parquet(path: Path, articles: Sequence[dict[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(list(articles)), path)
    return path


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def scored(path: Path | str, output: Path, **options: Any) -> list[dict[str, Any]]:
    """The records of a run in this process."""
    run.score(BatchSettings((str(path),), output, **{"n_workers": 1, **options}))
    return read_jsonl(output)


def failures_of(output: Path) -> list[dict[str, Any]]:
    return read_jsonl(journal.failures_file(output))


def ids(records: Sequence[dict[str, Any]]) -> list[str]:
    return [record["article"]["id"] for record in records]


def score_here(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `contrast score` in this process."""
    monkeypatch.setattr(sys, "argv", ["contrast", "score", "--workers", "1", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_every_format_gives_the_same_rows(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = rows(7)
    expected = scored(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "jsonl.jsonl")
    assert ids(expected) == [f"a{k}" for k in range(7)]
    for record, given_row in zip(expected, articles, strict=True):
        jsonschema.validate(record, SCHEMA)
        text = record["article"]["text"]
        assert given_row["text"] in text
        for found in (*record["statements"], *record["observations"]):
            assert found["text"] == text[found["start"] : found["end"]]
        assert {key: record["article"][key] for key in ("title", "date", "url")} == {k: given_row[k] for k in ("title", "date", "url")}
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as packed:
        packed.writelines(json.dumps(article) + "\n" for article in articles)
    assert scored(tmp_path / "a.jsonl.gz", tmp_path / "gz.jsonl") == expected
    assert scored(write_csv(tmp_path / "a.csv", articles), tmp_path / "csv.jsonl") == expected
    assert scored(write_parquet(tmp_path / "a.parquet", articles), tmp_path / "parquet.jsonl") == expected
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO((tmp_path / "a.jsonl").read_bytes())))
    assert scored("-", tmp_path / "stdin.jsonl") == expected
    folder = tmp_path / "texts"
    folder.mkdir()
    for record in expected:
        (folder / f"{record['article']['id']}.txt").write_text(record["article"].pop("text"), encoding="utf-8", newline="")
        record["article"]["path"] = str(folder / f"{record['article']['id']}.txt")
    assert scored(folder, tmp_path / "txt.jsonl") == expected
    assert scored(f"{tmp_path}/te*/*.txt", tmp_path / "pattern.jsonl") == expected


def test_a_folder_is_read_in_the_order_of_its_names_and_what_is_no_article_is_left_out(stub: None, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "b" / ".git").mkdir(parents=True)
    (folder / "b" / ".git" / "x.txt").write_text("Hidden.\n", encoding="utf-8")
    (folder / "b" / "loop").symlink_to(folder)
    write_jsonl(folder / "a.jsonl", rows(2))
    (folder / "b" / "notes.md").write_text("Notes.\n", encoding="utf-8")
    (folder / "b" / "one.txt").write_text("The mine will stay open, its owner said.\n", encoding="utf-8")
    write_csv(folder / "c.csv", [row(5)])
    assert ids(scored(folder, folder / "out.jsonl")) == ["a0", "a1", "one", "a5"]
    assert ids(scored(folder, folder / "out.jsonl", is_restart=True)) == ["a0", "a1", "one", "a5"]
    assert ids(scored(f"{folder}/**", tmp_path / "pattern.jsonl"))[:2] == ["a0", "a1"]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "csv", "parquet"])
def test_what_earlier_runs_wrote_into_a_folder_is_no_input_unless_named(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, ending: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_jsonl(folder / "a.jsonl", [*rows(3), "{"])
    first = folder / f"first.{ending}"
    assert score_here(monkeypatch, folder, "-o", first) == 0
    assert "passed over" not in capsys.readouterr().err
    for inputs in (folder, f"{folder}/*"):
        assert score_here(monkeypatch, inputs, "-o", tmp_path / "out.jsonl", "--restart") == 0
        assert ids(read_jsonl(tmp_path / "out.jsonl")) == ["a0", "a1", "a2"]
        assert len(failures_of(tmp_path / "out.jsonl")) == 1
        assert capsys.readouterr().err.count("passed over 2 files of other runs") == 1
    assert score_here(monkeypatch, folder, first, "-o", tmp_path / "named.jsonl") == 0
    assert len(failures_of(tmp_path / "named.jsonl")) == 4
    (folder / "a.jsonl").unlink()
    assert score_here(monkeypatch, folder, "-o", tmp_path / "none.jsonl") == 2
    assert "nothing to score there but what contrast score wrote" in capsys.readouterr().err


def test_failures_of_a_run_that_was_killed_are_no_input_of_another(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jsonl(tmp_path / "a.jsonl", [row(0), "{", row(1), row(2)])
    broken_off(tmp_path, tmp_path / "killed.csv", monkeypatch)
    assert ids(scored(tmp_path, tmp_path / "out.jsonl")) == ["a0", "a1", "a2"]
    assert len(failures_of(tmp_path / "out.jsonl")) == 1


def test_an_output_that_is_an_input_too_is_refused_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows(1))
    link, hard_link = tmp_path / "link.jsonl", tmp_path / "hard.jsonl"
    link.symlink_to(path)
    os.link(path, hard_link)
    failures = write_jsonl(tmp_path / "b.jsonl.errors.jsonl", rows(1))
    pairs = ((path, path), (link, path), (path, link), (hard_link, path), (failures, tmp_path / "b.jsonl"), (tmp_path, path))
    for given_path, out in pairs:
        for restart in ((), ("--restart",)):
            assert score_here(monkeypatch, given_path, "-o", out, *restart) == 2
            (said,) = capsys.readouterr().err.splitlines()
            assert (f"{failures}, which is an input" if given_path == failures else "the same file as the input") in said
    assert read_jsonl(path) == read_jsonl(failures) == rows(1)
    assert not list(tmp_path.glob(".*"))


def test_a_saved_page_is_scored_as_it_is_checked(stub: None, tmp_path: Path) -> None:
    (tmp_path / "ferry.html").write_text(json_ld(FERRY), encoding="utf-8")
    (record,) = scored(tmp_path, tmp_path / "out.jsonl")
    article = read_article(tmp_path / "ferry.html")
    assert (record["article"]["title"], record["article"]["date"], record["article"]["text"]) == (article.title, article.date, article.text)
    assert record["article"]["sha256"] == article.sha256 == hashlib.sha256((tmp_path / "ferry.html").read_bytes()).hexdigest()
    (tmp_path / "menu.html").write_text("<html><body><nav>Home</nav></body></html>", encoding="utf-8")
    assert len(scored(tmp_path, tmp_path / "again.jsonl")) == 1
    assert "menu.html" in failures_of(tmp_path / "again.jsonl")[0]["reason"]


def test_other_columns_can_be_named(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"id": "nr", "title": "head", "date": "day", "url": "link", "text": "body"}
    # pandas writes its index as a column without a name.
    path = write_csv(tmp_path / "a.csv", [{"": k, **{names[key]: value for key, value in row(k).items()}} for k in range(3)])
    options = [part for key, name in names.items() for part in (f"--{key}-column", name)]
    assert score_here(monkeypatch, path, "-o", tmp_path / "other.jsonl", *options) == 0
    assert read_jsonl(tmp_path / "other.jsonl") == scored(write_jsonl(tmp_path / "a.jsonl", rows(3)), tmp_path / "usual.jsonl")


def test_a_date_or_address_of_no_known_form_is_not_read_as_a_sentence(stub: None, tmp_path: Path) -> None:
    odd = {**row(1), "title": "Two\nlines", "date": "03/04/2024", "url": "example.org/a b"}
    record, written_out = scored(write_jsonl(tmp_path / "a.jsonl", [odd, {**row(2), "date": "March 12, 2024"}]), tmp_path / "out.jsonl")
    assert record["article"]["n_sentences"] == 3
    assert [record["article"][key] for key in ("title", "date", "url")] == ["Two lines", None, "example.org/a b"]
    assert "'03/04/2024' cannot be told for certain" in record["article"]["warnings"][0]
    assert (written_out["article"]["date"], written_out["article"]["warnings"]) == ("2024-03-12", [])


def test_a_corrupt_row_costs_that_row_alone(stub: None, tmp_path: Path) -> None:
    good = rows(3)
    path = write_jsonl(tmp_path / "a.jsonl", [good[0], "{", "[1]", {"id": "no"}, {"id": "n", "text": 7}, {**good[1], "text": " "}, good[1]])
    path.write_bytes(
        path.read_bytes() + b'{"text": "caf\xe9"}\n' + b'{"id": "\\ud800", "text": "\\udfff"}\n' + json.dumps(good[2]).encode()
    )
    assert ids(scored(path, tmp_path / "1.jsonl")) == ["a0", "a1", "a2"]
    assert [failure["id"] for failure in failures_of(tmp_path / "1.jsonl")] == ["a:2", "a:3", "no", "n", "a1", "a:8", "?"]
    advice = ("expected", "save it as UTF-8", "name the column")
    assert all(any(words in failure["reason"] for words in advice) for failure in failures_of(tmp_path / "1.jsonl"))
    path = write_csv(tmp_path / "a.csv", good[:1])
    path.write_bytes(path.read_bytes() + b'x,"too few"\nx,y,z,u,v,w,"too many"\n\xe9,caf\xe9,,,caf\xe9\n' + b"a2,,,,It will stay.\n")
    assert ids(scored(path, tmp_path / "2.jsonl")) == ["a0", "a2"]
    assert [failure["id"] for failure in failures_of(tmp_path / "2.jsonl")] == ["a:3", "a:4", "?"]
    path = write_parquet(tmp_path / "a.parquet", [good[0], {**good[1], "text": None}, good[2]])
    assert ids(scored(path, tmp_path / "3.jsonl")) == ["a0", "a2"]
    assert [failure["id"] for failure in failures_of(tmp_path / "3.jsonl")] == ["a1"]


def test_a_broken_file_costs_only_what_it_broke(stub: None, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    packed = gzip.compress("".join(json.dumps(row(k)) + "\n" for k in range(2000)).encode())
    (folder / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (folder / "b.parquet").write_bytes(b"PAR1 and no more")
    (folder / "c.txt").write_bytes(b"\x00\x01\x02")
    (folder / "d.txt").write_text("x" * 20_000, encoding="utf-8")
    (folder / os.fsdecode(b"e\xe9.txt")).write_text("The mine will stay open, its owner said.\n", encoding="utf-8")
    (folder / "f.txt").write_text("The port will stay open, its owner said.\n", encoding="utf-8")
    records = scored(folder, tmp_path / "out.jsonl", near_duplicates="keep")
    assert len(records) > 500
    assert ids(records)[-2:] == ["e?", "f"]
    assert [failure["id"] for failure in failures_of(tmp_path / "out.jsonl")] == ["a", "b:1", "c", "d"]


def test_an_article_that_breaks_the_model_costs_that_article_alone(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: StubChecker, articles: Sequence[Article]) -> list[Report]:
        if any(article.id == "a2" for article in articles):
            raise ValueError("a bug")
        return [self.check_article(article) for article in articles]

    def read(raw: Raw) -> Article:
        return whole_read(raw) if raw.id != "a4" else whole_read(None)  # type: ignore[arg-type]

    whole_read = work.read
    monkeypatch.setattr(work, "read", read)
    monkeypatch.setattr(StubChecker, "check_articles", check)
    assert ids(scored(write_jsonl(tmp_path / "a.jsonl", rows(6)), tmp_path / "out.jsonl")) == ["a0", "a1", "a3", "a5"]
    reasons = [failure["reason"] for failure in failures_of(tmp_path / "out.jsonl")]
    assert reasons[0] == "ValueError: a bug"
    assert reasons[1].startswith("AttributeError: ")


@given(chunk=st.integers(1, 30), n=st.integers(1, 25), copies=st.lists(st.integers(0, 24), max_size=5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_and_bytes_do_not_depend_on_the_chunks(
    stub: None, tmp_path_factory: pytest.TempPathFactory, chunk: int, n: int, copies: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    path = write_jsonl(folder / "a.jsonl", [*rows(n), *(row(k) for k in copies), "{"])
    whole = scored(path, folder / "whole.jsonl")
    scored(path, folder / "chunks.jsonl", n_articles_a_chunk=chunk)
    assert (folder / "chunks.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()
    assert failures_of(folder / "chunks.jsonl") == failures_of(folder / "whole.jsonl")
    assert ids(whole)[:n] == [f"a{k}" for k in range(n)]
    shutil.rmtree(folder)


def test_rows_of_any_workers_are_those_of_each_article_checked_alone(checker: Any, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [*rows(8), {"text": "Rain fell on the town."}])
    done = contrast("score", path, "-o", tmp_path / "2.jsonl", "--workers", "2", "--chunk", "1")
    assert done.returncode == 0, done.stderr
    assert "scored 9 of 9 articles" in done.stderr
    scored(path, tmp_path / "1.jsonl", n_articles_a_chunk=4)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    for record in read_jsonl(tmp_path / "1.jsonl"):
        alone = as_object(checker.check_text(record["article"]["text"]))
        assert {**record, "article": None} == {**alone, "article": None}


def killed(out: Path, chosen: random.Random, *command: object) -> int:
    """Runs the command up to some point, kills it, waits until its workers have ended too, and gives how far it had come."""
    state = journal.work_folder(out) / "state.json"
    running = subprocess.Popen([sys.executable, "-m", *map(str, command)], stderr=subprocess.PIPE, cwd=ROOT)
    n_further = chosen.choice((0, 1, 2, 5, 9))
    target = n_done_of(state) + n_further
    while running.poll() is None and n_done_of(state) < target:
        time.sleep(0.001)
    time.sleep(chosen.uniform(0, 0.01 if n_further else 0.25))
    running.send_signal(signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == -signal.SIGKILL, said
    assert not out.exists()
    return n_done_of(state)


def test_a_run_killed_anywhere_goes_on_to_the_same_bytes(stub: None, tmp_path: Path) -> None:
    chosen = random.Random(7)
    articles = [article for k in range(600) for article in (row(k), *(["{"] if k % 9 == 0 else []), *([row(k - 1)] if k % 7 == 3 else []))]
    path, whole, out = write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    scored(path, whole, near_duplicates="keep")
    command = ("tests.batch_stub", "score", path, "-o", out, "--chunk", "1", "--near-duplicates", "keep", "--workers")
    n_done = [killed(out, chosen, *command, 2 if k % 5 == 4 else 1) for k in range(24)]
    assert n_done == sorted(n_done)
    assert len(set(n_done)) > 10
    scored(path, out, near_duplicates="keep")
    assert out.read_bytes() == whole.read_bytes()
    assert failures_of(out) == failures_of(whole)
    assert not list(tmp_path.glob(".*"))


def test_a_killed_run_of_the_shipped_models_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(60)), tmp_path / "out.jsonl"
    command = ("contrast", "score", path, "-o", out, "--chunk", "1", "--workers", "2", "--quiet")
    assert 0 < killed(out, random.Random(1), *command) < 60
    assert contrast(*command[1:]).stderr == ""
    scored(path, tmp_path / "whole.jsonl")
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def n_done_of(state: Path) -> int:
    return int(json.loads(state.read_bytes())["n_done"]) if state.exists() else 0


class Killed(BaseException):
    """The end of the process, as far as a test in this process can tell."""


@pytest.mark.parametrize("ending", ["jsonl", "csv", "jsonl.gz"])
def test_a_kill_before_any_step_of_the_writing_goes_on_to_the_same_bytes(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [*rows(4), "{", row(1)])
    options: dict[str, Any] = {"n_workers": 1, "n_articles_a_chunk": 2}
    run.score(BatchSettings((str(path),), tmp_path / f"whole.{ending}", **options))
    n_steps_left = 0

    def dying(step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **named: Any) -> Any:
            nonlocal n_steps_left
            n_steps_left -= 1
            if n_steps_left < 0:
                if step is write:
                    write(*arguments[:2], arguments[2][: len(arguments[2]) // 2])
                elif step is remove and (arguments[0] / "rows.jsonl").exists():
                    os.remove(arguments[0] / "rows.jsonl")
                raise Killed
            return step(*arguments, **named)

        return take

    write, remove = journal._write, shutil.rmtree
    monkeypatch.setattr(journal, "_write", dying(write))
    steps = ((Seen, "keep"), (Path, "replace"), (Path, "rename"), (Path, "unlink"), (os, "link"), (os, "fsync"), (shutil, "rmtree"))
    for owner, name in steps:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    for n_steps in range(1000):
        out = tmp_path / f"{n_steps}.{ending}"
        n_steps_left = n_steps
        try:
            run.score(BatchSettings((str(path),), out, **options))
            break
        except Killed:
            n_steps_left = 1_000_000
        # Where the kill came after the last step that counts, the run was over.
        if journal.work_folder(out).exists():
            run.score(BatchSettings((str(path),), out, **options))
        assert out.read_bytes() == (tmp_path / f"whole.{ending}").read_bytes()
        assert failures_of(out) == failures_of(tmp_path / f"whole.{ending}")
    assert 20 < n_steps < 1000
    assert {path.suffix for path in tmp_path.glob(".*")} <= {".done"}


def test_a_finished_run_is_not_overwritten_unless_asked(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(2)), tmp_path / "out.jsonl"
    assert score_here(monkeypatch, path, "-o", out) == 0
    assert score_here(monkeypatch, path, "-o", out) == 2
    assert "exists already" in capsys.readouterr().err
    write_jsonl(path, rows(3))
    assert score_here(monkeypatch, path, "-o", out, "--restart") == 0
    assert len(read_jsonl(out)) == 3


def broken_off(path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """A run that ends after its first chunk."""
    with monkeypatch.context() as patch:
        n_written = 0

        def append(self: Journal, *arguments: Any) -> None:
            nonlocal n_written
            if n_written:
                raise Killed
            n_written += 1
            whole_append(self, *arguments)

        whole_append = Journal.append
        patch.setattr(Journal, "append", append)
        with pytest.raises(Killed):
            run.score(BatchSettings((str(path),), out, n_workers=1, n_articles_a_chunk=2, **options))


def test_changed_inputs_settings_and_models_are_refused_until_restart(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(6)), tmp_path / "out.jsonl"
    broken_off(path, out, monkeypatch)
    begun = (journal.work_folder(out) / "rows.jsonl").read_bytes()
    assert score_here(monkeypatch, path, "-o", out, "--top", "1") == 2
    with monkeypatch.context() as patch:
        patch.setattr(run, "digest_of_models", lambda folder, model: "another")
        assert score_here(patch, path, "-o", out) == 2
    write_jsonl(path, [*rows(5), row(9)])
    assert score_here(monkeypatch, path, "-o", out) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert all("have changed since" in line and "--restart" in line for line in said)
    parts = ("begun with other options, or", "begun with other models or on another kind of processor, or", "begun with other inputs, or")
    assert all(part in line for part, line in zip(parts, said, strict=True))
    assert (journal.work_folder(out) / "rows.jsonl").read_bytes() == begun
    assert score_here(monkeypatch, path, "-o", out, "--restart") == 0
    assert ids(read_jsonl(out)) == ["a0", "a1", "a2", "a3", "a4", "a9"]


def test_a_change_of_any_part_of_a_model_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models", tmp_path / "models")
    before = run.digest_of_models(ROOT / "models", None)
    assert run.digest_of_models(tmp_path / "models", None) == before
    calibration = tmp_path / "models" / "roles" / "calibration.json"
    calibration.write_text(calibration.read_text(encoding="utf-8").replace("0.", "0.0", 1), encoding="utf-8")
    assert run.digest_of_models(tmp_path / "models", None) != before
    assert run.digest_of_models(ROOT / "models", str(tmp_path / "models" / "nli")) != before


def test_another_standard_input_is_refused(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(6)), tmp_path / "out.jsonl"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(path.read_bytes())))
    broken_off(Path("-"), out, monkeypatch)
    for other in ([row(0), row(7), row(2)], [row(0)]):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(write_jsonl(tmp_path / "b.jsonl", other).read_bytes())))
        with pytest.raises(UsageError, match="not the first of the inputs any more"):
            scored("-", out)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(path.read_bytes())))
    assert ids(scored("-", out)) == [f"a{k}" for k in range(6)]


def test_another_run_on_the_same_output_is_refused(stub: None, tmp_path: Path) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(2)), tmp_path / "out.jsonl"
    with Journal(out, "another"):
        for is_restart in (False, True):
            with pytest.raises(UsageError, match="another run is writing it"):
                scored(path, out, is_restart=is_restart)


def test_the_same_article_is_scored_once_and_near_copies_are_marked(stub: None, tmp_path: Path) -> None:
    words = [f"word{k}" for k in range(300)]
    story = {"id": "first", "text": f"The mill will stay open. {' '.join(words)} was seen."}
    reprint = {"id": "reprint", "text": f"The mill will stay open. {' '.join(words[:-4])} others was seen."}
    path = write_jsonl(
        tmp_path / "a.jsonl",
        [story, row(1), {**story, "id": "same", "text": story["text"].upper() + "\n"}, reprint, {**reprint, "id": "again"}],
    )
    marked = scored(path, tmp_path / "mark.jsonl")
    articles = {record["article"]["id"]: record["article"] for record in marked}
    assert list(articles) == ["first", "a1", "same", "reprint", "again"]
    assert {id: article.get("duplicate_of") for id, article in articles.items() if "duplicate_of" in article} == {
        "same": "first",
        "again": "reprint",
    }
    assert {id: article["near_duplicate_of"] for id, article in articles.items() if "near_duplicate_of" in article} == {"reprint": "first"}
    assert [len(record["contrasts"]) for record in marked] == [1, 1, 0, 1, 0]
    skipped = scored(path, tmp_path / "skip.jsonl", near_duplicates="skip")
    assert [len(record["contrasts"]) for record in skipped] == [1, 1, 0, 0, 0]
    assert skipped[3]["article"]["near_duplicate_of"] == "first"
    kept = scored(path, tmp_path / "keep.jsonl", near_duplicates="keep")
    assert [len(record["contrasts"]) for record in kept] == [1, 1, 0, 1, 0]
    assert "near_duplicate_of" not in kept[3]["article"]
    for record in (*marked, *skipped, *kept):
        jsonschema.validate(record, SCHEMA)


def test_copies_are_known_after_a_kill(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", [row(0), row(1), row(0), row(2), {**row(2), "id": "b"}]), tmp_path / "out.jsonl"
    broken_off(path, out, monkeypatch)
    assert [record["article"].get("duplicate_of") for record in scored(path, out)] == [None, None, "a0", None, "a2"]


def test_copies_are_known_after_a_machine_was_lost(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", [row(0), row(1), row(0), row(1)]), tmp_path / "out.jsonl"
    broken_off(path, out, monkeypatch)
    for found in journal.work_folder(out).glob("seen.sqlite*"):
        found.unlink()
    assert [record["article"].get("duplicate_of") for record in scored(path, out)] == [None, None, "a0", "a1"]


def test_shards_together_are_the_whole(stub: None, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [*rows(7), "{", row(8)])
    whole = scored(path, tmp_path / "whole.jsonl")
    shards = [scored(path, tmp_path / f"{k}.jsonl", shard=(k, 4)) for k in (1, 2, 3, 4)]
    assert sorted(map(json.dumps, whole)) == sorted(json.dumps(record) for shard in shards for record in shard)
    assert [len(shard) for shard in shards] == [3, 2, 2, 1]
    assert [failure["id"] for failure in failures_of(tmp_path / "4.jsonl")] == ["a:8"]
    assert scored(path, tmp_path / "none.jsonl", shard=(20, 20)) == []


def test_a_shard_opens_no_document_of_another(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_jsonl(folder / "a.jsonl", rows(3))
    for name in "bcde":
        (folder / f"{name}.html").write_text(json_ld(FERRY), encoding="utf-8")
    opened: list[str] = []

    def extract(content: bytes, path: Path) -> Any:
        opened.append(path.stem)
        return whole_extract(content, path)

    whole_extract = sources.extract
    monkeypatch.setattr(sources, "extract", extract)
    assert ids(scored(folder, tmp_path / "out.jsonl", shard=(2, 2))) == ["a1", "b", "d"]
    assert opened == ["b", "d"]


def test_a_document_that_breaks_its_reader_costs_that_article_alone(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(content: bytes, path: Path) -> Any:
        if path.stem == "b":
            raise ZeroDivisionError("a bug\nof many lines")
        return whole_extract(content, path)

    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.html").write_text(json_ld(FERRY), encoding="utf-8")
    whole_extract = sources.extract
    monkeypatch.setattr(sources, "extract", extract)
    assert ids(scored(folder, tmp_path / "out.jsonl")) == ["a", "c"]
    (failure,) = failures_of(tmp_path / "out.jsonl")
    assert failure["reason"] == f"{folder}/b.html: cannot be read (ZeroDivisionError: a bug); copy its text into a .txt file"


def test_an_unclosed_quotation_mark_in_csv_is_a_failure_that_names_its_row(stub: None, tmp_path: Path) -> None:
    good = [f'a{k},"The mill number {k} will stay open until {2030 + k}."\n' for k in range(4)]
    path = tmp_path / "a.csv"
    path.write_text("".join(["id,text\n", good[0], 'x,"It will stay open.\n', *good[1:]]), encoding="utf-8")
    assert ids(scored(path, tmp_path / "1.jsonl")) == ["a0", "a2", "a3"]
    (failure,) = failures_of(tmp_path / "1.jsonl")
    assert failure["reason"].startswith(f"{path}, row 3: lines 3 to 4 are not CSV (")
    path.write_text("".join(["id,text\n", good[0], 'x,"It will stay open.\n', "a1,It will.\n"]), encoding="utf-8")
    assert ids(scored(path, tmp_path / "2.jsonl")) == ["a0"]
    (failure,) = failures_of(tmp_path / "2.jsonl")
    assert failure["reason"].startswith(f"{path}, row 3: lines 3 to 4 are not CSV (unexpected end of data)")
    path.write_text("".join(['id,"text\n', *good[:3]]), encoding="utf-8")
    assert scored(path, tmp_path / "3.jsonl") == []
    (failure,) = failures_of(tmp_path / "3.jsonl")
    assert failure["reason"].startswith(f"{path}, row 1: not CSV (")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_as_spreadsheets_save_it_is_read(stub: None, tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(row(0)), delimiter=separator)
        writer.writeheader()
        writer.writerows({**article, "text": f"Übrigens, {article['text']}; so it was."} for article in rows(200))
    assert ids(scored(path, tmp_path / "out.jsonl")) == [f"a{k}" for k in range(200)]
    assert not journal.failures_file(tmp_path / "out.jsonl").exists()
    with path.open("a", encoding="utf-16-le" if encoding == "utf-16" else encoding) as file:
        file.write(f"b{separator}too few\n")
    assert len(scored(path, tmp_path / "again.jsonl")) == 200
    (failure,) = failures_of(tmp_path / "again.jsonl")
    assert failure["reason"].endswith({",": "with commas", ";": "with semicolons", "\t": "with tabs"}[separator])


def test_csv_in_broken_utf_16_is_one_failure(stub: None, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", rows(20))
    whole = path.read_text(encoding="utf-8")
    path.write_bytes(whole.encode("utf-16-le"))
    assert scored(path, tmp_path / "1.jsonl") == []
    (failure,) = failures_of(tmp_path / "1.jsonl")
    assert "UTF-16 without a byte order mark; save it as UTF-8" in failure["reason"]
    path.write_bytes(whole.encode("utf-16") + b"\n")
    scored(path, tmp_path / "2.jsonl")
    (failure,) = failures_of(tmp_path / "2.jsonl")
    assert "broken UTF-16" in failure["reason"]
    assert "save it as UTF-8" in failure["reason"]


def test_a_row_of_another_kind_is_told_in_the_words_of_json(stub: None, tmp_path: Path) -> None:
    values: list[Any] = [5, 0.5, None, True, []]
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": value} for value in values])
    scored(path, tmp_path / "texts.jsonl")
    told = ("a number", "a number", "null", "a boolean", "an array")
    for failure, words in zip(failures_of(tmp_path / "texts.jsonl"), told, strict=True):
        assert failure["reason"].endswith(f": {words} under 'text'; expected a string, the text of an article")
    write_jsonl(path, ["null", "5", "[]", '"The mill."'])
    scored(path, tmp_path / "rows.jsonl")
    for failure, words in zip(failures_of(tmp_path / "rows.jsonl"), ("null", "a number", "an array", "a string"), strict=True):
        assert failure["reason"].endswith(f": {words}; expected an object with 'text'")


def test_a_file_name_is_no_pattern_and_its_ending_may_be_in_capitals(stub: None, tmp_path: Path) -> None:
    write_parquet(tmp_path / "a1.parquet", [row(1)])
    assert ids(scored(write_parquet(tmp_path / "a[1].parquet", [row(2)]), tmp_path / "1.jsonl")) == ["a2"]
    (tmp_path / "B.JSONL.GZ").write_bytes(gzip.compress(json.dumps(row(3)).encode()))
    assert ids(scored(tmp_path / "B.JSONL.GZ", tmp_path / "2.jsonl")) == ["a3"]


def test_csv_and_parquet_hold_a_flagged_contrast_a_row(checker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(work, "Checker", lambda check, **options: type(checker)(check, n_threads=1))
    path = write_jsonl(tmp_path / "a.jsonl", [row(0), row(1), {"text": "Rain fell on the town."}])
    for ending in ("jsonl", "csv", "parquet", "jsonl.gz"):
        assert score_here(monkeypatch, path, "-o", tmp_path / f"out.{ending}", "--threshold", "0.01") == 0
    records = read_jsonl(tmp_path / "out.jsonl")
    expected = [
        (
            record["article"]["id"],
            record["article"]["url"],
            next(s["text"] for s in record["statements"] if s["id"] == finding["statement"]),
            next(o["text"] for o in record["observations"] if o["id"] == finding["observation"]),
            finding["probability"],
        )
        for record in records
        for finding in record["contrasts"]
    ]
    assert len(expected) > 1
    keys = ("article", "url", "statement", "observation", "probability")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == list(output.CONTRAST_COLUMNS)
    assert [tuple(found[key] for key in keys) for found in table.to_pylist()] == expected
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == list(output.CONTRAST_COLUMNS)
    assert [(*(row[key] for key in keys[:-1]), float(row["probability"])) for row in found] == expected
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == (tmp_path / "out.jsonl").read_bytes()


def test_a_full_disk_is_one_clear_line_and_what_was_written_is_gone_on_from(tmp_path: Path) -> None:
    # Rows of 10 kB, so that they, and not what is kept to know copies, come to the limit.
    long = [{**article, "url": f"https://example.org/{'x' * 5000}"} for article in rows(24)]
    path, out = write_jsonl(tmp_path / "a.jsonl", long), tmp_path / "out.jsonl"
    command = ("score", path, "-o", out, "--workers", "1", "--chunk", "4", "--near-duplicates", "keep", "--quiet")
    limited = f"ulimit -f 120; exec {sys.executable} -m contrast {' '.join(map(str, command))}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    assert_one_clear_line(done, "cannot be written", "File too large", "run the same command again")
    assert n_done_of(journal.work_folder(out) / "state.json") >= 4
    assert contrast(*command).returncode == 0
    scored(path, tmp_path / "whole.jsonl", near_duplicates="keep")
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_disk_that_is_full_at_the_end_keeps_the_rows(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", rows(3)), tmp_path / "out.csv"

    def full(lines: Path, part: Path) -> None:
        part.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(output, "_write_csv", full)
        with pytest.raises(InputError, match="No space left on device"):
            run.score(BatchSettings((str(path),), out, n_workers=1))
    assert sorted(found.name for found in tmp_path.iterdir()) == [".out.csv.work", "a.jsonl"]
    monkeypatch.setattr(StubChecker, "check_articles", None)
    run.score(BatchSettings((str(path),), out, n_workers=1))
    assert len(out.read_text(encoding="utf-8").splitlines()) == 4


def test_wrong_usage_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows(1))
    (tmp_path / "notes.md").write_text("x", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    (tmp_path / "none").mkdir()
    (tmp_path / "folder.jsonl").mkdir()
    out = tmp_path / "out.jsonl"
    for arguments, words in (
        ((path, "-o", tmp_path / "out.xml"), "unknown ending"),
        ((path, "-o", tmp_path / "missing" / "out.jsonl"), f"there is no folder {tmp_path / 'missing'}; make it"),
        ((path, "-o", path / "out.jsonl"), f"there is no folder {path}"),
        ((path, "-o", Path("/proc/out.jsonl")), "mend that, or name a file elsewhere"),
        ((path, "-o", tmp_path / "folder.jsonl"), "a folder"),
        ((tmp_path / "missing.jsonl", "-o", out), "no such file"),
        ((tmp_path / "notes.md", "-o", out), "by its ending"),
        ((tmp_path / "none", "-o", out), "nothing to score"),
        ((f"{tmp_path}/*.html", "-o", out), "nothing to score"),
        ((tmp_path / "empty.jsonl", "-o", out), "no article in it"),
        (("x" * 5000, "-o", out), "no such file"),
        (("-", "-", "-o", out), "twice"),
        ((path, "-o", out, "--shard", "3/2"), "I from 1 to N"),
        ((path, "-o", out, "--shard", "x"), "I/N"),
        ((path, "-o", out, "--shard", "²/8"), "I/N"),
        ((path, "-o", out, "--engine", "spark"), "local, ray"),
        ((path, "-o", out, "--near-duplicates", "drop"), "keep, mark, skip"),
        ((path, "-o", out, "--workers", "0"), "from 1 up"),
        ((path, "-o", out, "--chunk", "0"), "from 1 up"),
        ((path, "-o", out, "--max-errors", "-1"), "0 or more"),
        ((path, "-o", out, "--threshold", "2"), "from 0 to 1"),
    ):
        assert score_here(monkeypatch, *arguments) == 2, arguments
        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 1, said
        assert words in said[0]
        assert not out.exists()
        if "twice" in words:
            shutil.rmtree(journal.work_folder(out))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.jsonl", "empty.jsonl", "folder.jsonl", "none", "notes.md"]


def test_too_many_errors_end_the_run_which_can_go_on(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", [row(0), "{", "{", "{", row(1)]), tmp_path / "out.jsonl"
    for _ in range(2):
        assert score_here(monkeypatch, path, "-o", out, "--chunk", "1", "--max-errors", "1") == 2
        assert "2 articles could not be read, more than --max-errors 1" in capsys.readouterr().err
        assert not out.exists()
        assert len(failures_of(out)) == 2
    assert score_here(monkeypatch, path, "-o", out, "--max-errors", "3") == 0
    assert ids(read_jsonl(out)) == ["a0", "a1"]
    assert len(failures_of(out)) == 3
    assert "3 could not be read" in capsys.readouterr().err


def test_exit_1_where_nothing_could_be_scored(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path, out = write_jsonl(tmp_path / "a.jsonl", ["{", "[]"]), tmp_path / "out.jsonl"
    assert score_here(monkeypatch, path, "-o", out) == 1
    assert "scored 0 of 2 articles" in capsys.readouterr().err
    assert len(failures_of(out)) == 2
    assert score_here(monkeypatch, path, "-o", out, "--restart", "--quiet") == 1
    assert capsys.readouterr().err == ""


def test_one_is_not_told_as_many(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert score_here(monkeypatch, write_jsonl(tmp_path / "a.jsonl", rows(1)), "-o", tmp_path / "1.jsonl") == 0
    assert "scored 1 of 1 article · 1 contrast · wrote" in capsys.readouterr().err
    write_jsonl(tmp_path / "b.jsonl", [row(0), "{"])
    assert score_here(monkeypatch, tmp_path / "b.jsonl", "-o", tmp_path / "2.jsonl", "--max-errors", "0") == 2
    assert "contrast: 1 article could not be read" in capsys.readouterr().err
    times: Iterator[float] = iter([0.0, 0.0, 20.0])
    with Progress(is_quiet=False, clock=lambda: next(times)) as progress:
        progress(State(n_done=1), Meter())
        progress(State(n_done=1, n_contrasts=1), Meter())
    assert "going on after 1 article\n" in (said := capsys.readouterr().err)
    assert "1 article · 0.0/s · 1 contrast\n" in said


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    def told(stderr: StringIO, **options: Any) -> str:
        monkeypatch.setattr(sys, "stderr", stderr)
        times: Iterator[float] = iter([0.0, 0.0, 4.0, 20.0])
        with Progress(clock=lambda: next(times), **options) as progress:
            progress(State(), Meter(0, 1000))
            progress(State(n_done=40, n_contrasts=3), Meter(250, 1000))
            progress(State(n_done=100, n_contrasts=7, n_failed=2), Meter(500, 1000))
        return stderr.getvalue()

    lines = told(StringIO(), is_quiet=False)
    assert lines == "contrast: 100 articles · 5.0/s · 7 contrasts · 2 failed · 0:20 left\n"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert "100 articles · 5.0/s · 7 contrasts · 2 failed · 0:20 left" in told(Terminal(), is_quiet=False)
    assert told(Terminal(), is_quiet=True) == ""


@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_same_rows(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    path = write_jsonl(tmp_path / "a.jsonl", [*rows(5), "{", row(2)])
    scored(path, tmp_path / "here.jsonl")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        scored(path, tmp_path / "ray.jsonl", engine="ray", n_workers=2, n_articles_a_chunk=2)
    finally:
        ray.shutdown()
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    assert failures_of(tmp_path / "ray.jsonl") == failures_of(tmp_path / "here.jsonl")


def test_ray_that_is_not_installed_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert score_here(monkeypatch, write_jsonl(tmp_path / "a.jsonl", rows(1)), "-o", tmp_path / "out.jsonl", "--engine", "ray") == 2
    assert "pip install 'contrast[ray]'" in capsys.readouterr().err


def test_an_actor_that_ray_loses_is_one_clear_line(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    class RayError(Exception):
        pass

    def lose() -> Iterator[None]:
        raise RayError('The actor died.\n  File "x.py"\n\tIts node ran out of memory.\n')
        yield

    data_set = SimpleNamespace(map_batches=lambda *arguments, **options: data_set, iter_rows=lose)
    data = SimpleNamespace(
        DataContext=SimpleNamespace(get_current=lambda: SimpleNamespace(execution_options=SimpleNamespace())),
        from_items=lambda rows, **options: data_set,
    )
    nothing = dict.fromkeys(("init", "shutdown", "is_initialized"), lambda **options: False)
    ray = SimpleNamespace(data=data, cluster_resources=dict, **nothing)
    for name, module in (("ray", ray), ("ray.data", data), ("ray.exceptions", SimpleNamespace(RayError=RayError))):
        monkeypatch.setitem(sys.modules, name, module)
    assert score_here(monkeypatch, write_jsonl(tmp_path / "a.jsonl", rows(1)), "-o", tmp_path / "out.jsonl", "--engine", "ray") == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith("contrast: --engine ray: The actor died. … Its node ran out of memory.; what was scored is kept")


@pytest.mark.slow
def test_a_hundred_thousand_articles_stream_through_in_constant_memory(tmp_path: Path) -> None:
    peaks = []
    for n in (5_000, 100_000):
        path, out = write_jsonl(tmp_path / f"{n}.jsonl", rows(n)), tmp_path / f"{n}.out.jsonl"
        code = f"from tests.batch_stub import print_peak_memory; print_peak_memory({str(path)!r}, {str(out)!r})"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        with out.open(encoding="utf-8") as lines:
            assert sum(1 for _ in lines) == n
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 20_000


def goole(k: int) -> str:
    """A whole row of CSV of two columns."""
    return f'b{k},"The quay number {k} will stay open until {2030 + k}, its owner promised.\nIn week {k} it was sold."\n'


def test_what_lies_in_a_broken_cell_of_csv_is_never_an_article(stub: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    broken = (
        '1,"The mayor of Goole said on Monday the quay stays.\nHe called it a "safe" quay, he said.\n'
        'Residents of Goole, though the quay had been sold.\nIn all 1,000 residents left."\n',
        '1,"The mayor said "stay."\nResidents of Goole, though, went.\nAll 1,000 left.\nAll 2,000 left.\nAll 3,000 left.\nThey left."\n',
        '1,"The mayor said "stay", and left.\nHe, though, went.\nThey left."\n',
        '1,"The mayor said ""stay"".\nHe called it "safe"\nThe mayor,1\nDivers found oil."\n',
    )
    for k, cell in enumerate(broken):
        path.write_text(f"id,text\n{goole(1)}{cell}{goole(2)}{goole(3)}", encoding="utf-8")
        assert ids(scored(path, tmp_path / f"{k}.jsonl")) == ["b1", "b2", "b3"], cell
        (failure,) = failures_of(tmp_path / f"{k}.jsonl")
        assert failure["reason"].startswith(f"{path}, row 3: lines 4 to {3 + cell.count(chr(10))} are not CSV (',' expected after '\"');")


def test_the_rest_of_a_csv_file_is_one_failure_where_nothing_tells_its_rows(stub: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f'id,text\n{goole(1)}m2,"The mayor" said no pier.\nm3,The mayor of Bath said so.\nm4,The pier stays.\n', encoding="utf-8"
    )
    assert ids(scored(path, tmp_path / "1.jsonl")) == ["b1"]
    (failure,) = failures_of(tmp_path / "1.jsonl")
    assert "lines 4 to 6 are not CSV" in failure["reason"]
    assert "the rest of the file among them" in failure["reason"]
    path.write_text('text\n"He said "stay."\nResidents left.\nThey left."\n"The mill stays."\n', encoding="utf-8")
    assert scored(path, tmp_path / "2.jsonl") == []
    assert len(failures_of(tmp_path / "2.jsonl")) == 1


def test_rows_that_can_be_told_for_certain_are_read_after_a_quotation_mark_that_stays_open(stub: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"a{k}\tPlans\tThe mill number {k} will stay, its owner said." for k in range(6)]
    lines[1] = lines[1].replace("Plans", '"Safe" mill')
    path.write_text("\n".join(["id\ttitle\ttext", *lines, ""]), encoding="utf-8")
    assert ids(scored(path, tmp_path / "1.jsonl")) == ["a0", "a2", "a3", "a4", "a5"]
    assert "lines 3 to 3 are not CSV" in failures_of(tmp_path / "1.jsonl")[0]["reason"]
    path.write_text(path.read_text(encoding="utf-8").replace('"Safe" mill', '"Safe mill'), encoding="utf-8")
    assert ids(scored(path, tmp_path / "2.jsonl")) == ["a0", "a2", "a3", "a4", "a5"]
    assert len(failures_of(tmp_path / "2.jsonl")) == 1


def is_whole_csv(content: str, n_columns: int) -> bool:
    """Whether the first row has as many fields as the first line names, by the rules of CSV."""
    rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        return len(next(rows)) == len(next(rows)) == n_columns
    except csv.Error:
        return False


@given(place=st.integers(4, 140), odd=st.sampled_from(['x"y', '"x', '" ', 'x"y"z']), n_columns=st.integers(2, 5))
@example(place=117, odd='"x', n_columns=3)  # the broken cell's second line reads as a row of its own
@settings(max_examples=100, deadline=None)
def test_a_stray_mark_anywhere_in_the_text_of_csv_invents_no_article(
    tmp_path_factory: pytest.TempPathFactory, place: int, odd: str, n_columns: int
) -> None:
    keys = ("id", "text", "title", "url", "date")[:n_columns]
    whole = [
        {key: f'{row(k)[key]}, he said. "No", it was.\nIt was {k}' if key == "text" else row(k)[key] for key in keys} for k in range(8)
    ]
    path = tmp_path_factory.mktemp("stray") / "a.csv"
    content = write_csv(path, whole).read_bytes().decode()
    place += content.index("\n") + 1
    damaged = content[:place] + odd + content[place:]
    assume(not is_whole_csv(damaged, n_columns))  # then nothing tells the mark from what was meant
    path.write_text(damaged, encoding="utf-8", newline="")
    raws = [raw for raw in sources.read_all([str(path)], Columns(), Meter()) if raw.failure is None]
    texts = {article["id"]: article["text"] for article in whole[1:]}
    assert all(texts[raw.id] in raw.content.decode() for raw in raws)
    assert len(raws) >= 6
    shutil.rmtree(path.parent)


def test_a_cell_of_csv_that_is_too_large_is_one_failure_that_says_so(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_CSV_FIELD", 1000)
    path = tmp_path / "a.csv"
    large = "".join(f"The mayor said on day {k}, the quay stays.\n" for k in range(100))
    path.write_text(f'id,text\n1,"{large}It was shut."\nb0,The quay stays.\n{goole(1)}', encoding="utf-8")
    assert ids(scored(path, tmp_path / "out.jsonl")) == ["b0", "b1"]
    (failure,) = failures_of(tmp_path / "out.jsonl")
    assert failure["reason"].startswith(f"{path}, row 2: lines 2 to 102 have a cell of more than ")
    assert "split it into articles" in failure["reason"]


def test_csv_with_odd_first_lines_is_read(stub: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for k, text in enumerate(
        (
            "sep=;\r\nid;text\r\nb1;The quay, he said, stays.\r\n",
            "sep=|\nid|text\nb1|The quay, he said, stays.\n",
            '\ufeff"sep=;"\nid;text\nb1;The quay, he said, stays.\n',
            '\n \nid,text\nb1,"The quay, he said, stays."\n',
            'ID,Text\nb1,"The quay, he said, stays."\n',
            'id, text\nb1, "The quay, he said, stays."\n',
            "Id ; TEXT \nb1;The quay, he said, stays.\n",
        )
    ):
        path.write_text(text, encoding="utf-8", newline="")
        (record,) = scored(path, tmp_path / f"{k}.jsonl")
        assert (record["article"]["id"], record["article"]["text"].strip()) == ("b1", "The quay, he said, stays.")


def write_texts(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The mine {name} will stay open, its owner said.\n", encoding="utf-8")


def test_a_pattern_of_any_depth_passes_through_no_linked_folder(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    write_texts(folder, "a/a1.txt", "a/b/b1.txt", "c.txt", "a/.hidden/h.txt", "a/notes.md")
    for name in ("l1", "l2"):
        (folder / "a" / name).symlink_to("..")
    (tmp_path / "linked").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    expected = {
        "in/**/*.txt": ["a1", "b1", "c"],
        f"{folder}/**/*.txt": ["a1", "b1", "c"],
        "./in/**/*.txt": ["a1", "b1", "c"],
        "in/**": ["a1", "b1", "c"],
        "in/**/": ["a1", "b1", "c"],
        "in/**/**/*": ["a1", "b1", "c"],
        "in/**/b/*": ["b1"],
        "**/a?.txt": ["a1"],
        "in/*/**/[!b]*.txt": ["a1"],
        "in/**/.hidden/*": ["h"],
        "l*d/**/*.txt": ["a1", "b1", "c"],
        "in/*.txt": ["c"],
        "in/?/*.txt": ["a1"],
        "*/a/b/*": ["b1", "b1"],
    }
    for k, (pattern, names) in enumerate(expected.items()):
        assert ids(scored(pattern, tmp_path / f"{k}.jsonl.out.jsonl")) == names, pattern


def test_a_folder_that_a_pattern_matches_is_read_once(stub: None, tmp_path: Path) -> None:
    write_texts(tmp_path / "in", "2024-01/story.txt", "2024-02/deep/story.txt", "2023-01/old.txt", "2024-03.txt")
    folder = tmp_path / "in"
    for k, pattern in enumerate((f"{folder}/2024-*", f"{folder}/**/2024-*", f"{tmp_path}/**/2024-*")):
        assert ids(scored(pattern, tmp_path / f"{k}.jsonl")) == ["story", "story", "2024-03"], pattern


def test_what_cannot_be_read_in_a_folder_is_one_failure_each(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = tmp_path / "in"
    write_texts(folder, "a.txt", "closed/b.txt", "z.txt")
    (folder / "gone.txt").symlink_to(folder / "nothing.txt")
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "self").symlink_to("self")
    (folder / "folder.txt").symlink_to(folder)
    os.mkfifo(folder / "pipe.jsonl")
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if path == folder / "closed":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for k, given_input in enumerate((folder, f"{folder}/**", f"{folder}/**/*", f"{tmp_path}/in*")):
        out = tmp_path / f"{k}.jsonl"
        assert score_here(monkeypatch, given_input, "-o", out) == 0
        assert ids(read_jsonl(out)) == ["a", "z"]
        assert [(failure["id"], failure["where"].removeprefix(f"{folder}/")) for failure in failures_of(out)] == [
            ("closed", "closed"),
            ("gone", "gone.txt"),
            ("pipe", "pipe.jsonl"),
            ("self", "self.txt"),
        ]
        told = (
            "cannot be read (Permission denied)",
            "a link to what is not there",
            "a pipe, a socket or a device",
            "cannot be read (Too many",
        )
        assert all(words in failure["reason"] for words, failure in zip(told, failures_of(out), strict=True))
    capsys.readouterr()
    assert score_here(monkeypatch, folder / "closed", "-o", tmp_path / "closed.jsonl") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_run_with_unreadable_entries_goes_on_where_it_was(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    write_texts(folder, "a.txt", "b.txt", "c.txt")
    (folder / "aa.txt").symlink_to("nothing.txt")
    broken_off(folder, tmp_path / "out.jsonl", monkeypatch)
    assert ids(scored(folder, tmp_path / "out.jsonl")) == ["a", "b", "c"]
    broken_off(folder, tmp_path / "mended.jsonl", monkeypatch)
    write_texts(folder, "nothing.txt")
    with pytest.raises(UsageError, match="changed since"):
        scored(folder, tmp_path / "mended.jsonl")


def damage(path: Path, group: int) -> None:
    """Spoils the text of one row group of a Parquet file."""
    import pyarrow.parquet as pq

    column = pq.read_metadata(path).row_group(group).column(1)
    content = bytearray(path.read_bytes())
    for k in range(column.data_page_offset, column.data_page_offset + 40):
        content[k] ^= 0xFF
    path.write_bytes(content)


def test_rows_before_the_damage_of_a_parquet_file_are_read_each_time(stub: None, tmp_path: Path, capfd: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    table = pa.table({"id": [f"a{k}" for k in range(20)], "text": [row(k)["text"] for k in range(20)]})
    pq.write_table(table, path, row_group_size=4, use_dictionary=False)
    damage(path, 3)
    for k in range(5):
        assert ids(scored(path, tmp_path / f"{k}.jsonl")) == [f"a{k}" for k in range(12)]
        (failure,) = failures_of(tmp_path / f"{k}.jsonl")
        assert failure["reason"].startswith(f"{path}, after row 12: cannot be read on (")
    assert capfd.readouterr().err == ""


def test_parquet_of_any_kind_is_read_by_the_columns_that_are_needed(stub: None, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [row(k)["text"] for k in range(3)]
    numbers = pa.array([1, 2, 3])
    kinds: dict[str, dict[str, Any]] = {
        "map": {"text": texts, "x": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int64()))},
        "binary": {"text": pa.array([text.encode() for text in texts])},
        "large::text": {"text": pa.array(texts, pa.large_string())},
        "dictionary": {"text": pa.array(texts).dictionary_encode(), "date": pa.array([10**7] * 3, pa.date32())},
    }
    for name, kind in kinds.items():
        pq.write_table(pa.table({"id": numbers, **kind}), tmp_path / f"{name}.parquet")
        assert ids(scored(tmp_path / f"{name}.parquet", tmp_path / f"{name}.jsonl")) == ["1", "2", "3"]
        assert not journal.failures_file(tmp_path / f"{name}.jsonl").exists()
    pq.write_table(pa.table({"id": numbers, "text": pa.array([b"caf\xe9 shut.", texts[0].encode(), None])}), tmp_path / "odd.parquet")
    assert ids(scored(tmp_path / "odd.parquet", tmp_path / "odd.jsonl")) == ["2"]
    told = [failure["reason"].partition(", ")[2] for failure in failures_of(tmp_path / "odd.jsonl")]
    assert told == [
        "row 1: bytes that are not UTF-8; save it as UTF-8",
        "row 3: null under 'text'; expected a string, the text of an article",
    ]
    pq.write_table(pa.table({"nr": numbers, "body": texts}), tmp_path / "named.parquet")
    assert scored(tmp_path / "named.parquet", tmp_path / "named.jsonl") == []
    assert "no text under 'text' (it has nr, body)" in failures_of(tmp_path / "named.jsonl")[2]["reason"]


def test_a_parquet_file_of_no_rows_holds_no_article(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    write_jsonl(tmp_path / "b.jsonl", rows(1))
    assert ids(scored(tmp_path, tmp_path / "out.jsonl")) == ["a0"]
    assert not journal.failures_file(tmp_path / "out.jsonl").exists()
    assert score_here(monkeypatch, tmp_path / "a.parquet", "-o", tmp_path / "none.jsonl") == 2
    assert "no article in it" in capsys.readouterr().err


def test_an_input_without_a_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    write_jsonl(tmp_path / "a.jsonl", rows(1))
    monkeypatch.chdir(tmp_path)
    assert score_here(monkeypatch, "", "-o", "out.jsonl") == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "an input without a name" in said
    assert not list(tmp_path.glob("*out*"))


def test_inputs_are_read_in_the_order_in_which_they_are_given(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = write_jsonl(tmp_path / "a.jsonl", rows(2)), write_jsonl(tmp_path / "b.jsonl", [row(5)])
    for order, expected in (
        ((str(last), "-", str(first)), ["a5", "a7", "a0", "a1"]),
        (("-", str(first), str(last)), ["a7", "a0", "a1", "a5"]),
    ):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(json.dumps(row(7)).encode())))
        run.score(BatchSettings(order, tmp_path / "out.jsonl", n_workers=1, is_restart=True))
        assert ids(read_jsonl(tmp_path / "out.jsonl")) == expected


def test_a_closed_standard_input_is_told_before_the_run_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        run.score(BatchSettings(("-",), tmp_path / "out.jsonl", n_workers=1))
    assert not list(tmp_path.iterdir())


def test_half_a_character_and_a_file_that_may_not_be_opened_are_told_as_what_they_are(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [row(1), '{"text": "The mill \\ud800 stays."}'])
    assert ids(scored(path, tmp_path / "1.jsonl")) == ["a1"]
    assert "line 2: half a character (a lone surrogate such as \\ud800)" in failures_of(tmp_path / "1.jsonl")[0]["reason"]
    opened = Path.open

    def refuse(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name.startswith("closed."):
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    for ending in ("jsonl", "jsonl.gz", "csv", "parquet"):
        closed = tmp_path / f"closed.{ending}"
        closed.touch()
        scored(closed, tmp_path / f"{ending}.jsonl")
        (failure,) = failures_of(tmp_path / f"{ending}.jsonl")
        assert failure["reason"] == f"{closed}: cannot be read (Permission denied); mend that or leave it out"


def test_a_column_that_no_row_has_is_told_once(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    named = [{**article, "head": "x"} for article in rows(3)]
    for path in (
        write_jsonl(tmp_path / "a.jsonl", named),
        write_csv(tmp_path / "a.csv", named),
        write_parquet(tmp_path / "a.parquet", named),
    ):
        options = ("-o", tmp_path / "out.jsonl", "--restart", "--title-column", "hedline")
        assert score_here(monkeypatch, path, *options, "--date-column", "day") == 0
        told = [line for line in capsys.readouterr().err.splitlines() if "no row has" in line]
        assert told == [
            f"contrast: no row has a column {name!r}; check --{kind}-column" for kind, name in (("title", "hedline"), ("date", "day"))
        ]
        assert score_here(monkeypatch, path, *options[:-1], "head") == 0
        assert "no row has" not in capsys.readouterr().err
    # A column that some rows have is one that is there.
    write_jsonl(tmp_path / "a.jsonl", [row(0), {**row(1), "head": "x"}])
    assert score_here(monkeypatch, tmp_path / "a.jsonl", *options[:-1], "head") == 0
    assert "no row has" not in capsys.readouterr().err
