"""The floors of the house: data moves one way, and heavy imports stay where they are needed."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "contrast"
FLOORS = [
    {"contrast.errors", "contrast.labels", "contrast.version"},
    {"contrast.schema", "contrast.settings", "contrast.windows", "contrast.rows", "contrast.writing"},
    {"contrast.compiled"},
    {"contrast.backends"},
    {"contrast.reading.decoding", "contrast.reading.layout", "contrast.reading.language", "contrast.encoder", "contrast.scoring.framing"},
    {
        "contrast.reading.sentences",
        "contrast.reading.extracted",
        "contrast.reading.written_dates",
        "contrast.reading.calls",
        "contrast.reading.no_article",
        "contrast.calibration",
    },
    {"contrast.reading.heads", "contrast.reading.headlines"},
    {"contrast.reading.typeset"},
    {"contrast.reading.page", "contrast.reading.pdf", "contrast.reading.word", "contrast.reading.marked_up", "contrast.reading.records"},
    {"contrast.reading.saved_whole"},
    {"contrast.roles", "contrast.reading", "contrast.pairing", "contrast.scoring.scorer", "contrast.verdicts"},
    {
        "contrast.collective",
        "contrast.scoring.embedded",
        "contrast.scoring.transformers_model",
        "contrast.scoring.pairs",
        "contrast.lexicon",
    },
    {"contrast.attribution"},
    {"contrast.bounds", "contrast.explaining.units", "contrast.explaining.names", "contrast.explaining.words"},
    {
        "contrast.explaining.amounts",
        "contrast.explaining.spans",
        "contrast.explaining.parties",
        "contrast.rendering.command",
        "contrast.rendering.explained",
        "contrast.rendering.terminal",
    },
    {"contrast.dates"},
    {"contrast.days"},
    {"contrast.claims"},
    {"contrast.timing"},
    {"contrast.explaining.checks"},
    {"contrast.scoring", "contrast.explaining"},
    {"contrast.pipeline", "contrast.rendering.as_json", "contrast.rendering.table"},
    {"contrast.rendering.from_json", "contrast.rendering.places", "contrast.rendering.provenance", "contrast.rendering.speakers"},
    {"contrast.rendering.carried", "contrast.rendering.views"},
    {"contrast.rendering.html", "contrast.rendering.markdown"},
    {"contrast.rendering"},
    {"contrast.comparing", "contrast.verifying.lines", "contrast.verifying.reports"},
    {"contrast.verifying.explanations", "contrast.verifying.sources"},
    {"contrast.verifying.making"},
    {"contrast.verifying"},
    {"contrast.batch", "contrast.batch.raws"},
    {"contrast.batch.files"},
    {"contrast.batch.csv_rows", "contrast.batch.parquet_rows"},
    {"contrast.batch.sources"},
    {"contrast.batch.settings", "contrast.batch.work"},
    {"contrast.batch.seen", "contrast.batch.journal", "contrast.batch.output", "contrast.batch.ray_engine"},
    {"contrast.batch.engines", "contrast.batch.progress"},
    {"contrast.batch.run"},
    {"contrast.reviews", "contrast.reviews.marks", "contrast.reviews.misfits", "contrast.reviews.tables"},
    {"contrast.reviews.records"},
    {"contrast.reviews.store"},
    {"contrast.reviews.api", "contrast.reviews.rows"},
]
WINGS = ("contrast.training", "contrast.evaluation", "contrast.serving", "contrast.cli", "contrast.__main__")


def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path, known: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & known
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known
    return found


def test_no_module_imports_in_a_circle() -> None:
    known = modules()
    graph = {name: imports_of(path, set(known)) - {name, "contrast"} for name, path in known.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_a_module_imports_only_from_floors_below() -> None:
    known = modules()
    floor = {name: level for level, names in enumerate(FLOORS) for name in names}
    unknown = {name for name in known if name not in floor and not name.startswith(WINGS)} - {"contrast"}
    assert not unknown, f"modules without a floor: {unknown}"
    for name, path in known.items():
        if name not in floor:
            continue
        for imported in imports_of(path, set(known)) - {name}:
            assert imported in floor, f"{name} imports {imported} from a side wing"
            assert floor[imported] < floor[name], f"{name} imports {imported}, which is not below it"


def test_nothing_imports_the_package_root() -> None:
    importers = {name for name, path in modules().items() if "contrast" in imports_of(path, {"contrast"})}
    assert importers == set()


def test_checking_an_article_imports_no_heavy_library(mill: Path) -> None:
    code = (
        "import sys; from contrast import Checker; Checker().check(sys.argv[1]);"
        "print([name for name in ('torch', 'transformers', 'datasets', 'pandas', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(mill)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not find_spec("openvino"), reason="OpenVINO is not installed here")
def test_the_command_imports_openvino_without_what_converts_models(mill: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "contrast", "check", "--no-explain", str(mill)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "openvino" in imported
    assert not imported & {"openvino_telemetry", "urllib.request", "http.client"}
