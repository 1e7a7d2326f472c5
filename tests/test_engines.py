"""Who does the work of a run: the same rows from any engine and number of workers, a clear line where there is none, an end in order."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrast.batch import engines, journal, ray_engine
from contrast.batch.engines import open_engine
from contrast.batch.ray_engine import RayEngine
from contrast.batch.settings import BatchSettings
from contrast.scoring.transformers_model import TransformersScorer
from tests.batch_stub import use_stub
from tests.conftest import ROOT
from tests.test_batch import failures_of, n_done_of, row, rows, score_here, scored, write_jsonl
from tests.test_scoring import save_classifier

# Six articles in any order, and copies of some.
ARTICLES = st.builds(list.__add__, st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
FEW_EXAMPLES = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
begin = engines._begin


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """No models, here and in what workers and actors load."""
    use_stub(monkeypatch.setattr)
    monkeypatch.setattr(engines, "_begin", begin_with_stub)
    monkeypatch.setattr(ray_engine, "_Actor", StubActor)


def begin_with_stub(settings: BatchSettings, told: Connection) -> None:
    use_stub(setattr)
    begin(settings, told)


class StubActor(ray_engine._Actor):
    def __init__(self, settings: BatchSettings) -> None:
        use_stub(setattr)
        super().__init__(settings)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A Ray cluster of this machine, for all tests; engines that find one in this process leave it as it is."""
    ray = pytest.importorskip("ray")
    with closing(RayEngine(BatchSettings((), Path("out.jsonl"), engine="ray", ray_address="local"))):
        assert ray.is_initialized()
        yield


def assert_rows_are_the_same(folder: Path, numbers: list[int], chunk: int, **options: Any) -> None:
    path = write_jsonl(folder / "a.jsonl", [*(row(k) for k in numbers), "{"])
    expected = scored(path, folder / "one.jsonl")
    assert scored(path, folder / "other.jsonl", n_articles_a_chunk=chunk, **options) == expected
    assert (folder / "other.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()
    assert failures_of(folder / "other.jsonl") == failures_of(folder / "one.jsonl")


@given(n_workers=st.sampled_from([2, 1]), numbers=ARTICLES, chunk=st.integers(1, 5))
@FEW_EXAMPLES
def test_rows_do_not_depend_on_the_processes(
    stub: None, tmp_path_factory: pytest.TempPathFactory, n_workers: int, numbers: list[int], chunk: int
) -> None:
    assert_rows_are_the_same(tmp_path_factory.mktemp("local"), numbers, chunk, n_workers=n_workers)


@pytest.mark.filterwarnings("ignore")
@given(n_workers=st.sampled_from([2, 1]), numbers=ARTICLES, chunk=st.integers(1, 5))
@FEW_EXAMPLES
def test_rows_do_not_depend_on_the_actors_of_ray(
    cluster: None, stub: None, tmp_path_factory: pytest.TempPathFactory, n_workers: int, numbers: list[int], chunk: int
) -> None:
    assert_rows_are_the_same(tmp_path_factory.mktemp("ray"), numbers, chunk, engine="ray", n_workers=n_workers)


@pytest.mark.filterwarnings("ignore")
def test_ray_is_not_heard(cluster: None, stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows(2))
    assert score_here(monkeypatch, path, "-o", tmp_path / "out.jsonl", "--engine", "ray", "--quiet") == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore")
def test_ray_that_cannot_load_a_model_is_one_clear_line(cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr(ray_engine, "_Actor", ActorWithoutModels)
    path = write_jsonl(tmp_path / "a.jsonl", rows(2))
    assert score_here(monkeypatch, path, "-o", tmp_path / "out.jsonl", "--engine", "ray") == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("contrast: --engine ray: ")
    assert "no models here" in line


class ActorWithoutModels(ray_engine._Actor):
    def __init__(self, settings: BatchSettings) -> None:
        raise ValueError("no models here")


def fake_ray(monkeypatch: pytest.MonkeyPatch, init: Callable[..., Any]) -> None:
    """A module whose clusters are what `init` says."""
    nothing = SimpleNamespace(is_initialized=lambda: False, init=init, data=SimpleNamespace())
    for name, module in (("ray", nothing), ("ray.data", nothing.data), ("ray.exceptions", SimpleNamespace(RayError=ArithmeticError))):
        monkeypatch.setitem(sys.modules, name, module)


def wait_for_ever(**options: Any) -> None:
    raise AssertionError("Ray was asked, which would try for many minutes")


def said_of_ray(monkeypatch: pytest.MonkeyPatch, capfd: Any, folder: Path, *options: object) -> str:
    """The one line that comes of a run on a cluster that cannot be used."""
    path = write_jsonl(folder / "a.jsonl", rows(1))
    assert score_here(monkeypatch, path, "-o", folder / "out.jsonl", "--engine", "ray", *options) == 2
    (line,) = capfd.readouterr().err.splitlines()
    return str(line)


def test_nothing_at_the_address_of_a_cluster_is_told_at_once(
    stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    fake_ray(monkeypatch, wait_for_ever)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = f"127.0.0.1:{closed.getsockname()[1]}"
    for address in (place, f"ray://{place}"):
        said = said_of_ray(monkeypatch, capfd, tmp_path, "--ray-address", address)
        assert said.startswith(f"contrast: --ray-address {address}: no Ray cluster answers at {place} (Connection refused)")
    for address in ("head", "head:", "head:many", "head:99999", "ray://"):
        said = said_of_ray(monkeypatch, capfd, tmp_path, "--ray-address", address)
        assert said.startswith(f"contrast: --ray-address {address}: not the address of a Ray cluster; expected HOST:PORT")
    monkeypatch.setenv("RAY_ADDRESS", place)
    assert said_of_ray(monkeypatch, capfd, tmp_path).startswith(f"contrast: RAY_ADDRESS={place}: no Ray cluster answers")


def test_a_cluster_that_ray_refuses_is_one_clear_line(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    def refuse(**options: Any) -> None:
        print("A line of Ray", file=sys.__stderr__, flush=True)
        os.write(2, b"Another\n")
        raise errors.pop()

    errors = [
        RuntimeError("Version mismatch:\n  2.40 there\n\n  2.60 here"),
        ArithmeticError("Version mismatch:\n  2.60 here"),
        ValueError("Ray Client requires pip package `ray[client]`. If you installed the minimal Ray, …"),
    ]
    fake_ray(monkeypatch, refuse)
    with socket.create_server(("127.0.0.1", 0)) as cluster:
        place = f"127.0.0.1:{cluster.getsockname()[1]}"
        said = said_of_ray(monkeypatch, capfd, tmp_path, "--ray-address", f"ray://{place}")
        assert said.endswith("an address with ray:// needs Ray's client; run: pip install 'ray[client]'")
        while errors:
            said = said_of_ray(monkeypatch, capfd, tmp_path, "--ray-address", place)
            assert said.startswith(f"contrast: --ray-address {place}: no Ray cluster can be used there (Version mismatch: … 2.60 here)")


def test_the_address_of_a_cluster_is_refused_where_no_cluster_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows(1))
    assert score_here(monkeypatch, path, "-o", tmp_path / "out.jsonl", "--ray-address", "head:6379") == 2
    (said,) = capfd.readouterr().err.splitlines()
    assert "expected --engine ray with it" in said
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(("version", "told"), [("2.40.0", "concurrency"), ("2.51.1", "compute"), ("3.0.0rc1", "compute")])
def test_each_version_of_ray_is_told_of_actors_as_it_wants_it(version: str, told: str) -> None:
    ray = SimpleNamespace(__version__=version, data=SimpleNamespace(ActorPoolStrategy=lambda size: size))
    assert ray_engine._pool_of(ray, 3) == {told: 3}


def heed_interrupts() -> None:
    """What a shell starts in the background ignores SIGINT, and so would all that these tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("when", ["as workers begin", "while workers import", "while workers score"])
def test_a_run_that_is_interrupted_or_ended_says_nothing_more(tmp_path: Path, when: str) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows(3000))
    for k, (number, is_to_all) in enumerate([(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False)]):
        out = tmp_path / f"{k}.jsonl"
        command = [sys.executable, "-m", "tests.batch_stub", "score", path, "-o", out, "--chunk", "1", "--workers", "2", "--quiet"]
        begun, state = journal.work_folder(out), journal.work_folder(out) / "state.json"
        running = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heed_interrupts
        )
        while running.poll() is None and not (n_done_of(state) if when == "while workers score" else begun.exists()):
            time.sleep(0.01)
        if when == "while workers import":
            time.sleep(0.4)
        os.killpg(running.pid, number) if is_to_all else running.send_signal(number)
        _, said = running.communicate(timeout=60)  # waits for the workers too, whose standard error it is
        assert (running.returncode, said) == (128 + number, b"")
        assert not out.exists()


def test_a_run_in_this_process_leaves_signals_as_they_were(stub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    path = write_jsonl(tmp_path / "a.jsonl", rows(3))
    assert score_here(monkeypatch, path, "-o", tmp_path / "out.jsonl", "--workers", "2") == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())) == before


def test_processes_that_are_let_go_end_without_scoring_what_waits(stub: None, tmp_path: Path) -> None:
    engine = open_engine(BatchSettings(("-",), tmp_path / "out.jsonl", n_workers=2))
    waiting = engine.run([] for _ in range(10**9))
    assert next(waiting) == []
    engine.close()


def test_a_model_of_transformers_is_loaded_without_bars(tiny_encoder: Path, tmp_path: Path, capfd: Any) -> None:
    from transformers.utils.logging import is_progress_bar_enabled

    folder = save_classifier(tiny_encoder, tmp_path, {0: "entailment", 1: "neutral", 2: "contradiction"})
    assert is_progress_bar_enabled()
    assert "100%" in capfd.readouterr().err
    TransformersScorer.open(str(folder), device="cpu")
    assert capfd.readouterr() == ("", "")
    assert is_progress_bar_enabled()
