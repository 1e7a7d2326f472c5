"""Speed, side by side: contrast against the ways in which others would do the same work, on the same articles and weights.

Every system runs in a process of its own, one after the other, and reports the seconds of each run, its highest memory and its labels. The
parent prints medians with their spread, and what the machine could do at best: matrix products of the model's shapes through OpenVINO and
onnxruntime. Systems whose package is missing are named and left out (extra 'bench').
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from contrast.errors import InputError, ModelError
from contrast.labels import RELATIONS

PAIR_SYSTEMS = ("contrast", "cross-encoder", "cross-encoder-onnx", "cross-encoder-onnx-int8", "pipeline")
ARTICLE_SYSTEMS = ("articles", "naive")
HIDDEN, INTERMEDIATE, N_LAYERS = 384, 1536, 6
PRODUCT_ROWS = 1920
PIPELINE_SCRIPT = """
import sys
from transformers import pipeline
classify = pipeline("text-classification", model=sys.argv[1], tokenizer=sys.argv[1])
sentences = [line.strip() for line in open(sys.argv[2], encoding="utf-8") if line.strip()]
pairs = [{"text": o, "text_pair": s} for s in sentences for o in sentences if o != s]
for pair, found in zip(pairs, classify(pairs, batch_size=32, truncation=True)):
    if found["label"] == "contradiction" and found["score"] > 0.5:
        print(found["score"], pair)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one system took: seconds of each run after a first, untimed one; highest resident memory; the label of each pair."""

    system: str
    n: int
    seconds: list[float]
    megabytes: float
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds of a command from nothing, each run a new process."""

    name: str
    seconds: list[float]


def bench(articles: Path, *, n_articles: int, n_pairs: int, n_naive: int, n_runs: int) -> dict[str, Any]:
    """All measurements as a JSON object; raises InputError when the input holds no article."""
    from contrast.settings import models_folder
    from contrast.training.restore import restore

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        texts = _texts_of(articles, n_articles)
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        (folder / "pairs.json").write_text(json.dumps(_pairs_of(texts, n_pairs)), encoding="utf-8")
        restore(models_folder() / "nli", folder / "torch")
        pairs = [found for system in PAIR_SYSTEMS if (found := _run(system, folder, n_runs))]
        whole = [found for system in ARTICLE_SYSTEMS if (found := _run(system, folder, n_runs if system == "articles" else 1, n_naive))]
        return {
            "machine": machine(),
            "pairs": [_pair_row(found, pairs) for found in pairs],
            "articles": [_row(found, "articles_per_s") for found in whole],
            "cold": [asdict(found) for found in _cold(folder, texts[0], n_runs)],
            "ceiling": ceiling(),
        }


def machine() -> dict[str, Any]:
    """Processor, cores, and versions of what is compared."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for name in ("openvino", "onnxruntime", "torch", "transformers", "sentence-transformers"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    names = [line.split(":")[1].strip() for line in _lines_of("/proc/cpuinfo") if line.startswith("model name")]
    return {"processor": names[0] if names else "unknown", "n_cores": len(os.sched_getaffinity(0)), "versions": versions}


def _lines_of(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _texts_of(articles: Path, n: int) -> list[str]:
    from contrast.batch.raws import Columns, Meter
    from contrast.batch.sources import read_all
    from contrast.reading import read_text

    texts: list[str] = []
    for raw in read_all([str(articles)], Columns(), Meter()):
        if len(texts) == n:
            break
        if raw.failure is None and len(read_text(raw.content).sentences) > 1:
            texts.append(raw.content.decode())
    if not texts:
        raise InputError(f"{articles}: no article in it; expected a folder or a file of articles")
    return texts


def _pairs_of(texts: Sequence[str], n: int) -> list[tuple[str, str]]:
    """The pairs that contrast itself judges, in the words that its model reads: (premise, hypothesis)."""
    from contrast.pipeline import Checker, frame_pairs
    from contrast.reading import read_text
    from contrast.scoring.framing import frame

    checker = Checker()
    pairs: list[tuple[str, str]] = []
    for text in texts:
        article = read_text(text)
        pairs.extend((frame(pair.premise), frame(pair.hypothesis)) for pair in frame_pairs(checker.candidates(article), article.sentences))
        if len(pairs) >= n:
            break
    return pairs[:n]


def _run(system: str, folder: Path, n_runs: int, n_naive: int = 0) -> Measured | None:
    done = subprocess.run(
        [sys.executable, "-m", "contrast.evaluation.bench", system, str(folder), str(n_runs), str(n_naive)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"},
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"bench: {system} left out: {last}", file=sys.stderr)
        return None
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _row(found: Measured, unit: str) -> dict[str, Any]:
    speeds = sorted(found.n / seconds for seconds in found.seconds)
    return {
        "system": found.system,
        "n": found.n,
        "n_runs": len(speeds),
        unit: round(median(speeds), 2),
        "lowest": round(speeds[0], 2),
        "highest": round(speeds[-1], 2),
        "peak_mb": round(found.megabytes),
    }


def _pair_row(found: Measured, all_found: Sequence[Measured]) -> dict[str, Any]:
    reference = next((other for other in all_found if other.system == "cross-encoder"), found)
    same = float((np.array(found.labels) == np.array(reference.labels)).mean())
    faster = median(reference.seconds) / median(found.seconds)
    return {**_row(found, "pairs_per_s"), "times_cross_encoder": round(faster, 2), "same_label": round(same, 4)}


def _cold(folder: Path, text: str, n_runs: int) -> list[Cold]:
    article = folder / "article.txt"
    article.write_text(text, encoding="utf-8")
    script = folder / "naive.py"
    script.write_text(PIPELINE_SCRIPT, encoding="utf-8")
    commands = {
        "contrast check": [sys.executable, "-m", "contrast", "check", str(article)],
        "contrast --help": [sys.executable, "-m", "contrast", "--help"],
        "ten lines with pipeline": [sys.executable, str(script), str(folder / "torch"), str(article)],
    }
    return [Cold(name, [_seconds_of(command) for _ in range(n_runs)]) for name, command in commands.items()]


def _seconds_of(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise ModelError(f"{' '.join(command)}: failed ({done.stderr.decode(errors='replace').strip().splitlines()[-1:]})")
    return round(time.perf_counter() - begun, 3)


def ceiling() -> dict[str, float]:
    """Billions of multiplications a second in products of the model's shapes, the best of three, on all cores."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((PRODUCT_ROWS, HIDDEN), dtype=np.float32)
    weight = rng.standard_normal((HIDDEN, INTERMEDIATE), dtype=np.float32)
    n = PRODUCT_ROWS * HIDDEN * INTERMEDIATE / 1e9
    return {name: round(n / min(_timed(product) for _ in range(3)), 1) for name, product in _products(rows, weight).items()}


def _products(rows: Any, weight: Any) -> dict[str, Callable[[], object]]:
    import onnx
    import onnxruntime
    import openvino
    from onnx import TensorProto, helper, numpy_helper
    from openvino import opset13 as opset

    given = opset.parameter([-1, HIDDEN], np.float32, name="rows")
    model = openvino.Model([opset.matmul(given, opset.constant(weight), False, False)], [given])
    made: dict[str, Callable[[], object]] = {}
    for name in ("bf16", "f32"):
        request = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": name}).create_infer_request()
        made[f"openvino {name}"] = lambda request=request: request.infer({"rows": rows})  # type: ignore[misc]
    whole = helper.make_tensor_value_info
    graphs = {
        "onnxruntime fp32": ([helper.make_node("MatMul", ["rows", "w"], ["y"])], rows, weight, TensorProto.FLOAT, TensorProto.FLOAT),
        "onnxruntime int8": (
            [helper.make_node("MatMulInteger", ["rows", "w"], ["y"])],
            (rows * 20 + 128).clip(0, 255).astype(np.uint8),
            (weight * 20).clip(-127, 127).astype(np.int8),
            TensorProto.UINT8,
            TensorProto.INT32,
        ),
    }
    for name, (nodes, given_rows, given_weight, in_type, out_type) in graphs.items():
        graph = helper.make_graph(
            nodes,
            "product",
            [whole("rows", in_type, [None, HIDDEN])],
            [whole("y", out_type, [None, INTERMEDIATE])],
            [numpy_helper.from_array(given_weight, "w")],
        )
        packed = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(packed)
        session = onnxruntime.InferenceSession(packed.SerializeToString(), providers=["CPUExecutionProvider"])
        made[name] = lambda session=session, given_rows=given_rows: session.run(None, {"rows": given_rows})  # type: ignore[misc]
    return made


def _timed(product: Callable[[], object], n: int = 20) -> float:
    product()
    begun = time.perf_counter()
    for _ in range(n):
        product()
    return (time.perf_counter() - begun) / n


def _measure(system: str, folder: Path, n_runs: int, n_naive: int) -> Measured:
    if system in ARTICLE_SYSTEMS:
        return _measure_articles(system, folder, n_runs, n_naive)
    pairs = [(premise, hypothesis) for premise, hypothesis in json.loads((folder / "pairs.json").read_text(encoding="utf-8"))]
    predict = _predictor(system, folder)
    predict(pairs[:64])
    seconds, labels = [], np.zeros(len(pairs), dtype=np.int64)
    for _ in range(n_runs):
        begun = time.perf_counter()
        labels = predict(pairs)
        seconds.append(time.perf_counter() - begun)
    return Measured(system, len(pairs), seconds, _peak_megabytes(), labels.tolist())


def _measure_articles(system: str, folder: Path, n_runs: int, n_naive: int) -> Measured:
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    if system == "naive":
        return _measure_naive(texts[:n_naive], folder)
    from contrast.batch.run import score
    from contrast.batch.settings import BatchSettings

    rows = folder / "texts.jsonl"
    rows.write_text("".join(json.dumps({"id": str(k), "text": text}) + "\n" for k, text in enumerate(texts)), encoding="utf-8")
    seconds = []
    for run in range(n_runs):
        begun = time.perf_counter()
        score(BatchSettings(inputs=(str(rows),), output=folder / f"scored-{run}.jsonl"))
        seconds.append(time.perf_counter() - begun)
    return Measured(system, len(texts), seconds, _peak_megabytes(), [])


def _measure_naive(texts: Sequence[str], folder: Path) -> Measured:
    from contrast.reading import read_text

    predict = _predictor("cross-encoder", folder)
    predict([("One.", "Two.")])
    begun = time.perf_counter()
    for text in texts:
        sentences = [sentence.text for sentence in read_text(text).sentences]
        predict([(one, other) for one in sentences for other in sentences if one is not other])
    return Measured("naive", len(texts), [time.perf_counter() - begun], _peak_megabytes(), [])


def _predictor(system: str, folder: Path) -> Callable[[Sequence[tuple[str, str]]], Any]:
    if system == "contrast":
        return _contrast_predictor()
    if system == "pipeline":
        return _pipeline_predictor(folder)
    from sentence_transformers import CrossEncoder

    if system == "cross-encoder":
        model = CrossEncoder(str(folder / "torch"), num_labels=len(RELATIONS), device="cpu")
    else:
        model = CrossEncoder(str(folder / "torch"), num_labels=len(RELATIONS), device="cpu", backend="onnx")
        if system.endswith("int8"):
            from sentence_transformers import export_dynamic_quantized_onnx_model

            export_dynamic_quantized_onnx_model(model, "avx512_vnni", str(folder / "torch"), file_suffix="qint8")
            name = "onnx/model_qint8.onnx"
            model = CrossEncoder(
                str(folder / "torch"), num_labels=len(RELATIONS), device="cpu", backend="onnx", model_kwargs={"file_name": name}
            )
    return lambda pairs: np.asarray(model.predict(list(pairs), batch_size=32, show_progress_bar=False)).argmax(axis=1)


def _contrast_predictor() -> Callable[[Sequence[tuple[str, str]]], Any]:
    from contrast.scoring.embedded import EmbeddedScorer
    from contrast.scoring.framing import Framed
    from contrast.scoring.scorer import FramedPair
    from contrast.settings import models_folder

    scorer = EmbeddedScorer.open(models_folder() / "nli")
    return lambda pairs: scorer.logits([FramedPair(Framed(premise), Framed(hypothesis)) for premise, hypothesis in pairs]).argmax(axis=1)


def _pipeline_predictor(folder: Path) -> Callable[[Sequence[tuple[str, str]]], Any]:
    from transformers import pipeline

    classify: Any = pipeline("text-classification", model=str(folder / "torch"), tokenizer=str(folder / "torch"), device="cpu")

    def predict(pairs: Sequence[tuple[str, str]]) -> Any:
        found = classify([{"text": premise, "text_pair": hypothesis} for premise, hypothesis in pairs], batch_size=32, truncation=True)
        return np.array([RELATIONS.index(one["label"]) for one in found])

    return predict


def _peak_megabytes() -> float:
    """The highest resident memory of this process and, added, of its children, in millions of bytes."""
    import resource

    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage) * 1024 / 1e6


def as_table(found: dict[str, Any]) -> str:
    """The measurements as Markdown tables."""
    lines = [f"{found['machine']['processor']}, {found['machine']['n_cores']} cores; {found['machine']['versions']}", ""]
    lines += [*_markdown(found["pairs"]), "", *_markdown(found["articles"]), ""]
    lines += _markdown(
        [
            {"cold": one["name"], "seconds": median(one["seconds"]), "lowest": min(one["seconds"]), "highest": max(one["seconds"])}
            for one in found["cold"]
        ]
    )
    ceilings = [{"products at the model's shapes": name, "billion a second": value} for name, value in found["ceiling"].items()]
    return "\n".join([*lines, "", *_markdown(ceilings)])


def _markdown(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    names = list(rows[0])
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *(f"| {' | '.join(str(row[name]) for name in names)} |" for row in rows)]


if __name__ == "__main__":
    _system, _folder, _n_runs, _n_naive = sys.argv[1:5]
    print(json.dumps(asdict(_measure(_system, Path(_folder), int(_n_runs), int(_n_naive)))))
