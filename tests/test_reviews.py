"""The review loop: marks kept whatever happens, counted by agreement, turned into rows that a training takes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from contrast.cli import app as cli
from contrast.errors import InputError, UsageError
from contrast.evaluation.data_sets import check_data_set
from contrast.labels import RELATIONS
from contrast.pipeline import Checker, frame_pairs
from contrast.reading import read_text
from contrast.reviews.api import MAX_BODY_BYTES, reviews_router
from contrast.reviews.marks import MARK_KINDS, Mark, NewMark, Span, settle
from contrast.reviews.rows import write_rows
from contrast.reviews.store import ReviewStore, StoreError, UnknownArticleError, text_sha256
from contrast.schema import Article
from contrast.training.pairs_data import pair_of, read_pairs

STATEMENT, BREACH, RAIN = 0, 1, 2


def text_of(name: str) -> str:
    return f"The {name} will stay open, its owner promised. On Friday the {name} shut for good. Rain fell for a third day."


@pytest.fixture
def store(where: str) -> Iterator[ReviewStore]:
    with ReviewStore.open(where) as opened:
        yield opened


@pytest.fixture
def client(store: ReviewStore) -> TestClient:
    app = FastAPI()
    app.include_router(reviews_router(store))
    return TestClient(app, raise_server_exceptions=False)


def spans_of(article: Article) -> list[Span]:
    return [Span(sentence.start, sentence.end) for sentence in article.sentences]


def mark(store: ReviewStore, name: str, reviewer: str, kind: str, observation: int = BREACH, **more: object) -> Mark:
    """A mark on the pair of the article's first sentence and another one."""
    article = read_text(text_of(name))
    spans = spans_of(article)
    values = {"relation": "contradiction", "probability": None if kind == "missed" else 0.7, **more}
    return store.add(NewMark(store.keep_article(article), reviewer, spans[STATEMENT], spans[observation], mark=kind, **values))  # type: ignore[arg-type]


def body_of(store: ReviewStore, **changes: object) -> dict[str, object]:
    article = read_text(text_of("mill"))
    statement, observation, _ = ({"start": span.start, "end": span.end} for span in spans_of(article))
    body = {"article_sha256": store.keep_article(article), "reviewer": "Ada", "statement": statement, "observation": observation}
    return {**body, "relation": "contradiction", "probability": 0.7, "mark": "right", **changes}


def test_an_article_is_kept_once_and_its_mark_tells_model_and_speaker(store: ReviewStore, checker: Checker) -> None:
    report = checker.check_text("The mill will stay open, owner Ada Holm promised. On Friday the mill shut for good.")
    key = store.keep_report(report)
    assert store.keep_report(report) == key == text_sha256(report.article.text)
    statement, observation = (Span(side.start, side.end) for side in (report.statements[0], report.observations[0]))
    kept = store.add(NewMark(key, "Ada", statement, observation, "contradiction", "right", 0.9))
    assert kept.model is not None
    assert (kept.model.name, kept.model.sha256) == (report.model.name, report.model.sha256)
    assert kept.speaker == report.statements[0].speaker
    assert store.article(key).sentences == tuple(spans_of(report.article))
    assert store.precision(model_sha256=report.model.sha256).n_right == 1
    assert store.precision(model_sha256="0" * 64).n_right == 0


def test_the_latest_mark_of_a_reader_counts_and_none_is_lost(store: ReviewStore) -> None:
    kinds = ["right", "unsure", "wrong"]
    for kind in kinds:
        mark(store, "mill", "Ada", kind)
    (pair,) = store.pairs()
    assert [kept.mark for kept in store.marks()] == kinds
    assert (pair.agreement, pair.relation, [kept.mark for kept in pair.marks]) == ("wrong", "neutral", ["wrong"])


def test_readers_who_disagree_are_both_kept_and_the_pair_is_disputed(store: ReviewStore) -> None:
    mark(store, "mill", "Ada", "right")
    mark(store, "mill", "Bo", "wrong")
    (pair,) = store.pairs()
    assert (pair.agreement, pair.relation, len(pair.marks)) == ("disputed", None, 2)
    assert store.precision().n_disputed == 1
    assert store.precision().precision is None
    mark(store, "mill", "Bo", "right")
    assert (store.precision().n_right, store.precision().precision) == (1, 1.0)


def test_precision_counts_what_was_shown_and_not_what_was_missed(store: ReviewStore) -> None:
    for name, kind in (("mill", "right"), ("mine", "right"), ("port", "wrong"), ("farm", "unsure"), ("bank", "missed")):
        mark(store, name, "Ada", kind)
    found = store.precision()
    assert (found.n_right, found.n_wrong, found.n_unsure, found.n_missed) == (2, 1, 1, 1)
    assert found.precision == pytest.approx(2 / 3)
    assert found.low == pytest.approx(0.2077, abs=1e-4)
    assert found.high == pytest.approx(0.9385, abs=1e-4)
    assert store.precision("entailment").precision is None


@given(
    st.lists(st.tuples(st.sampled_from(MARK_KINDS), st.sampled_from(["contradiction", "entailment"]), st.sampled_from([None, *RELATIONS])))
)
def test_what_readers_agree_on_is_what_each_of_them_allows(said: list[tuple[str, str, str | None]]) -> None:
    span = Span(0, 1)
    marks = [
        Mark(
            k,
            "a",
            f"r{k}",
            span,
            Span(2, 3),
            relation,
            kind,
            0.5,
            correct if kind == "wrong" and correct != relation else None,
            None,
            None,
            "",
        )  # type: ignore[arg-type]
        for k, (kind, relation, correct) in enumerate(said)
    ]
    agreement, relation = settle(marks)
    assert (relation is None) == (agreement in ("disputed", "unsure"))
    for one in marks:
        if relation is not None and one.mark in ("right", "missed"):
            assert one.relation == relation
        elif relation is not None and one.mark == "wrong":
            assert one.relation != relation


WRITER = """
import sys
from contrast.reading import read_text
from contrast.reviews.marks import NewMark, Span
from contrast.reviews.store import ReviewStore
store, reviewer = ReviewStore.open(sys.argv[1]), sys.argv[2]
article = read_text(sys.argv[3])
spans = [Span(s.start, s.end) for s in article.sentences]
key = store.keep_article(article)
for k in range(int(sys.argv[4])):
    kept = store.add(NewMark(key, reviewer, spans[0], spans[1], "contradiction", ("right", "wrong")[k % 2], 0.5))
    print(kept.id, flush=True)
"""


def start_writer(where: str, reviewer: str, n: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, where, reviewer, text_of("mill"), str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_no_mark_that_was_kept_is_lost_when_the_writer_is_killed(where: str) -> None:
    with start_writer(where, "Ada", 100_000) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    with ReviewStore.open(where) as store:
        kept = store.marks()
        assert [one.id for one in kept][: len(told)] == told
        assert len(kept) <= len(told) + 1  # at most the one that was kept and not yet told of
        assert mark(store, "mill", "Bo", "right").id > told[-1]
        assert {one.reviewer for one in store.pairs()[0].marks} == {"Ada", "Bo"}


def test_two_processes_that_open_and_write_at_once_lose_nothing(where: str) -> None:
    writers = [start_writer(where, reviewer, 25) for reviewer in ("Ada", "Bo")]
    told = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len({number for numbers in told for number in numbers}) == 50
    with ReviewStore.open(where, create=False) as store:
        assert len(store.marks()) == 50
        assert len(store.pairs()[0].marks) == 2


def test_threads_share_a_store(store: ReviewStore) -> None:
    threads = [threading.Thread(target=lambda k=k: [mark(store, "mill", f"r{k}", "right") for _ in range(5)]) for k in range(8)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.marks()) == 40
    assert store.precision().n_right == 1


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    ReviewStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE contrast_meta SET value = '99'")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="version 99; this contrast reads version 1"):
        ReviewStore.open(path)


def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    notes, other = tmp_path / "notes.txt", tmp_path / "other.db"
    notes.write_text("not a database " * 100, encoding="utf-8")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE recipes (name)")
    connection.commit()
    connection.close()
    for path, why in (
        (notes, "not a database"),
        (other, "something else"),
        (tmp_path / "no" / "db", "does not exist"),
        (tmp_path, "folder"),
        (tmp_path / ("x" * 300), "cannot be"),
    ):
        with pytest.raises(InputError, match=why):
            ReviewStore.open(path)
    with pytest.raises(InputError, match="no such file"):
        ReviewStore.open(tmp_path / "none.db", create=False)
    assert not (tmp_path / "none.db").exists()
    for url in ("mysql://a:secret@host/db", "sqlite://", "://"):
        with pytest.raises(UsageError) as refused:
            ReviewStore.open(url)
        assert "secret" not in str(refused.value)


def test_a_store_that_another_program_holds_is_told_of_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contrast.reviews.tables.BUSY_MS", 20)
    path = tmp_path / "reviews.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for _ in ("a new store", "one that is made"):
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(InputError, match=r"cannot be used as a review store .*locked"):
                ReviewStore.open(path)
            other.execute("ROLLBACK")
            ReviewStore.open(path).close()


def test_the_sentences_of_the_latest_check_hold_until_an_article_is_marked(store: ReviewStore) -> None:
    article = read_text(text_of("mill"))
    spans = spans_of(article)
    key = store.keep_article(replace(article, sentences=article.sentences[:1]))
    assert store.keep_article(article) == key
    store.add(NewMark(key, "Ada", spans[STATEMENT], spans[BREACH], "contradiction", "right", 0.7))
    store.keep_article(replace(article, sentences=article.sentences[:1]))
    assert store.article(key).sentences == tuple(spans)


def test_a_mark_that_does_not_fit_its_article_is_refused(store: ReviewStore) -> None:
    with pytest.raises(UnknownArticleError):
        store.add(NewMark("0" * 64, "Ada", Span(0, 1), Span(2, 3), "contradiction", "right"))
    for changes in ({"kind": "wrong", "correct_relation": "contradiction"}, {"kind": "right", "correct_relation": "neutral"}):
        with pytest.raises(InputError, match="correct_relation"):
            mark(store, "mill", "Ada", **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="same sentence"):
        mark(store, "mill", "Ada", "right", observation=STATEMENT)
    with pytest.raises(InputError, match="NUL"):
        store.keep_article(Article("a", "A \0.", read_text("A b.").sentences))
    assert store.marks() == []


def test_a_database_that_is_gone_is_told_of(store: ReviewStore, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.orm import Session

    body = body_of(store)

    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(Session, "flush", fail)
    with pytest.raises(StoreError, match="disk I/O error"):
        mark(store, "mill", "Ada", "right")
    assert client.post("/v1/reviews", json=body).status_code == 503


def test_marks_go_in_and_come_out_over_http(store: ReviewStore, client: TestClient) -> None:
    body = body_of(store)
    created = client.post("/v1/reviews", json=body)
    assert created.status_code == 201
    assert {key: created.json()[key] for key in body} == body
    client.post("/v1/reviews", json={**body, "reviewer": "Bo", "mark": "wrong", "correct_relation": "entailment"})
    listed = client.get("/v1/reviews", params={"article_sha256": str(body["article_sha256"])}).json()
    assert [(pair["agreement"], pair["relation"]) for pair in listed["pairs"]] == [("disputed", None)]
    assert [one["reviewer"] for one in listed["pairs"][0]["marks"]] == ["Ada", "Bo"]
    assert listed["pairs"][0]["marks"][0] == created.json()
    client.post("/v1/reviews", json={**body, "reviewer": "Bo"})
    found = client.get("/v1/reviews/precision").json()
    assert (found["n_right"], found["precision"]) == (1, 1.0)
    assert 0 < found["low"] < found["high"] <= 1


def test_a_bad_request_is_answered_with_what_is_wrong_and_keeps_nothing(store: ReviewStore, client: TestClient) -> None:
    body = body_of(store)
    whole = {"start": 0, "end": 5000}
    for changes in (
        {"article_sha256": "no hash"},
        {"reviewer": " "},
        {"reviewer": "a" * 81},
        {"reviewer": "half \ud800"},
        {"reviewer": "zero \0"},
        {"reviewer": None},
        {"statement": whole},
        {"statement": {"start": "0", "end": 44}},
        {"statement": {"start": -1, "end": 44}},
        {"statement": {"start": 2**80, "end": 44}},
        {"observation": body["statement"]},
        {"relation": "neutral"},
        {"mark": "maybe"},
        {"probability": 1.5},
        {"probability": float("nan")},
        {"correct_relation": "neutral"},
        {"model_sha256": "0" * 64},
        {"more": 1},
        {"mo\ud800re": 1},
    ):
        answer = client.post("/v1/reviews", content=json.dumps({**body, **changes}), headers={"content-type": "application/json"})
        assert answer.status_code == 422, changes
        assert set(answer.json()) == {"error"}, changes
        assert "\n" not in answer.json()["error"], changes
    assert client.post("/v1/reviews", json={**body, "article_sha256": "0" * 64}).status_code == 404
    assert client.get("/v1/reviews", params={"article_sha256": "0" * 64}).status_code == 404
    assert client.get("/v1/reviews").status_code == 422
    assert client.get("/v1/reviews/precision", params={"relation": "neutral"}).status_code == 422
    assert store.marks() == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"probability": 1.5}, "probability: too large; expected 1.0 or less"),
        ({"mark": "maybe"}, "mark: unknown; expected 'right', 'wrong', 'unsure' or 'missed'"),
        ({"statement": {"start": "0", "end": 44}}, "statement.start: not a whole number; expected one"),
        ({"article_sha256": "F00"}, "article_sha256: not a SHA-256; expected 64 hexadecimal digits in lower case, as a report gives them"),
        ({"more": 1}, "more: no such field; leave it out"),
    ],
)
def test_what_does_not_fit_is_told_in_words(client: TestClient, store: ReviewStore, changes: dict[str, object], line: str) -> None:
    assert client.post("/v1/reviews", json={**body_of(store), **changes}).json() == {"error": line}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 10_000, b"9" * 10_000, b"null", b"{}", b'{"statement": {"start": 1e400}}'])
def test_a_body_that_is_no_mark_is_refused(client: TestClient, content: bytes) -> None:
    assert client.post("/v1/reviews", content=content, headers={"content-type": "application/json"}).status_code == 422


def test_a_large_body_is_refused_whether_it_tells_its_size_or_not(client: TestClient) -> None:
    large = b" " * (MAX_BODY_BYTES + 1)
    for content in (large, iter([large[:9000], large[9000:]])):
        assert client.post("/v1/reviews", content=content, headers={"content-type": "application/json"}).status_code == 413


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_is_sent_is_no_error_of_the_server(tmp_path_factory: pytest.TempPathFactory, sent: object) -> None:
    with ReviewStore.open(tmp_path_factory.mktemp("store") / "reviews.db") as store:
        app = FastAPI()
        app.include_router(reviews_router(store))
        answer = TestClient(app, raise_server_exceptions=False).post(
            "/v1/reviews", content=json.dumps({**body_of(store), "speaker": sent}), headers={"content-type": "application/json"}
        )
    assert answer.status_code in (201, 422)


def mark_a_newsroom(store: ReviewStore, n: int = 40) -> None:
    for k in range(n):
        mark(store, f"mill {k}", "Ada", "right", speaker="the owner")
        mark(store, f"mill {k}", "Bo", "right")
        mark(store, f"mill {k}", "Ada", "wrong", RAIN)
        if k % 2:
            mark(store, f"pier {k}", "Ada", "wrong", correct_relation="entailment")
            mark(store, f"pier {k}", "Bo", "missed", RAIN, relation="entailment")
    mark(store, "farm", "Ada", "unsure")
    mark(store, "bank", "Ada", "right")
    mark(store, "bank", "Bo", "wrong")


def test_rows_from_reviews_are_framed_as_a_check_frames_them(store: ReviewStore, checker: Checker, tmp_path: Path) -> None:
    article = read_text("The road was wet. The mill will stay open, owner Ada Holm promised. Rain fell. On Friday the mill shut for good.")
    report = checker.check_article(article)
    (candidate, *_) = checker.candidates(article)
    sides = [Span(side.start, side.end) for side in (candidate.statement, candidate.observation)]
    store.add(NewMark(store.keep_report(report), "Ada", *sides, "contradiction", "right", 0.9))
    write_rows(store, tmp_path / "mine")
    (row,) = [json.loads(line) for path in (tmp_path / "mine").glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    (framed,) = frame_pairs([candidate], article.sentences)
    pair = pair_of(row, "row")
    assert (pair.premise, pair.hypothesis, pair.label) == (framed.premise, framed.hypothesis, "contradiction")


def test_marks_become_a_data_set_that_the_check_accepts_and_a_training_takes(where: str, tmp_path: Path, tiny_encoder: Path) -> None:
    with ReviewStore.open(where) as store:
        mark_a_newsroom(store)
    mine = tmp_path / "mine"
    done = CliRunner().invoke(cli, ["dataset", "from-reviews", where, "-o", str(mine)])
    assert done.exit_code == 0, done.output
    assert "120 pairs of 60 articles · 40 contradiction, 40 neutral, 40 entailment" in done.output
    assert "left out: 1 unsure, 1 disputed, 0 repeated" in done.output
    first = {path.name: path.read_bytes() for path in mine.iterdir()}
    assert CliRunner().invoke(cli, ["dataset", "from-reviews", where, "-o", str(mine)]).output == done.output
    assert {path.name: path.read_bytes() for path in mine.iterdir()} == first
    assert CliRunner().invoke(cli, ["dataset", "check", str(mine)]).exit_code == 0
    assert all(read_pairs([mine], split=split) for split in ("train", "validation", "test"))
    trained = ["train", "nli", "--base", str(tiny_encoder), "--data", str(mine), "--limit", "8", "--batch-size", "8"]
    done = CliRunner().invoke(cli, [*trained, "--device", "cpu", "-o", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_a_split_stays_where_it_is_as_marks_are_added(store: ReviewStore, tmp_path: Path) -> None:
    def splits() -> dict[str, str]:
        rows = write_rows(store, tmp_path / "mine").rows
        return {str(row["article"]): split for split, of_split in rows.items() for row in of_split}

    for k in range(10):
        mark(store, f"mill {k}", "Ada", "right")
    before = splits()
    for k in range(10, 40):
        mark(store, f"mill {k}", "Ada", "right")
    after = splits()
    assert {key: after[key] for key in before} == before
    assert set(after.values()) == {"train", "validation", "test"}


def test_articles_that_share_a_statement_share_a_split_and_a_pair_comes_once(store: ReviewStore, tmp_path: Path) -> None:
    shared = "The mill will stay open, its owner promised."
    for k in range(12):
        article = read_text(f"{shared} On Friday mill number {k} shut.")
        spans = spans_of(article)
        store.add(NewMark(store.keep_article(article), "Ada", spans[0], spans[1], "contradiction", "right", 0.7))
        if k == 0:  # the same pair in another article, and read in the same way
            again = read_text(f"{article.text} Rain fell.")
            store.add(NewMark(store.keep_article(again), "Bo", *spans_of(again)[:2], "contradiction", "right", 0.7))
    outcome = write_rows(store, tmp_path / "mine")
    assert sum(bool(rows) for rows in outcome.rows.values()) == 1
    assert outcome.left_out["repeated"] == 1
    assert not [problem for problem in check_data_set(tmp_path / "mine").problems if "split" in problem or "same pair" in problem]


def test_rows_are_refused_where_nothing_is_settled_or_the_folder_is_anothers(
    store: ReviewStore, tmp_path: Path, pairs_folder: Path
) -> None:
    mark(store, "mill", "Ada", "unsure")
    with pytest.raises(InputError, match="1 unsure"):
        write_rows(store, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    mark(store, "mill", "Ada", "right")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be used"):
        write_rows(store, tmp_path / "file" / "mine")
    before = (pairs_folder / "train.jsonl").read_bytes()
    with pytest.raises(UsageError, match="something else"):
        write_rows(store, pairs_folder)
    assert (pairs_folder / "train.jsonl").read_bytes() == before


def test_a_small_set_is_accepted_and_told_what_it_lacks(store: ReviewStore, tmp_path: Path) -> None:
    mark(store, "mill", "Ada", "right")
    mark(store, "mill", "Ada", "wrong", RAIN)
    write_rows(store, tmp_path / "mine")
    findings = check_data_set(tmp_path / "mine")
    assert findings.problems == []
    assert "expected at least 5" in " ".join(findings.warnings)
    assert "entailment is 0% of the pairs" in " ".join(findings.warnings)
