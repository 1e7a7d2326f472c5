"""Small real parts for the tests: an encoder of two layers made on the spot, models trained and exported from it, articles of our own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "data" / "articles"
# A PostgreSQL database that the tests may write to; where none is named, they run on SQLite alone.
POSTGRES = os.environ.get("CONTRAST_TEST_POSTGRES")

MILL = """Mill will stay open, owner says
20240312
https://example.org/mill

The mill at Orsk will stay open through the winter, its owner, Ada Holm, promised on Monday.
On Thursday the gates were chained and all 240 workers were sent home for good, the union said.
Rain fell on the town for a third day.
"""

# What the shipped models flag by far, in five sentences.
NIGHTS = """Harbour board promises quiet nights
20240312

There will be no dredging at night, the harbour board promised on Monday.
The board's dredger worked through the nights of Tuesday and Wednesday, residents said.
Dredging took place on all four nights after the promise, the log of the lock shows.
Rain fell on the town for a third day.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption("--raise-floors", action="store_true", help="lift the floors of quality to what is measured now")


@pytest.fixture(scope="session")
def mill_text() -> str:
    return MILL


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    path = tmp_path / "mill.txt"
    path.write_text(MILL, encoding="utf-8")
    return path


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    path = tmp_path / "nights.txt"
    path.write_text(NIGHTS, encoding="utf-8")
    return path


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store's path or URL."""
    if request.param == "sqlite":
        yield str(tmp_path / "reviews.db")
        return
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url, name = make_url(str(POSTGRES)).set(drivername="postgresql+psycopg"), f"contrast_{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def checker():
    """The shipped models, loaded once."""
    from contrast import Checker

    return Checker()


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers and 32 dimensions with the real vocabulary, random weights."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    from contrast.training.base import base_encoder

    folder = tmp_path_factory.mktemp("tiny-encoder")
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(base_encoder())
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def annotated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six annotated articles: four to train on, two to validate on."""
    folder = tmp_path_factory.mktemp("articles")
    for k in range(6):
        sentences = [
            {"i": 0, "text": "Mill will stay open, owner says", "roles": ["intention"], "speaker": "owner"},
            {"i": 1, "text": f"The mill will run until {2030 + k}, Ada Holm said.", "roles": ["intention"], "speaker": "Ada Holm"},
            {"i": 2, "text": "On Friday the gates were chained.", "roles": ["observation"], "speaker": None},
            {"i": 3, "text": "The saws ran all weekend, neighbours said.", "roles": ["observation"], "speaker": "neighbours"},
            {"i": 4, "text": "Rain fell on the town for a third day.", "roles": ["observation"], "speaker": None},
            {"i": 5, "text": "Nobody knows what comes next.", "roles": ["other"], "speaker": None},
        ]
        gold = {
            "id": f"mill-{k}",
            "style": "wire",
            "split": "train" if k < 4 else "validation",
            "sentences": sentences,
            "contradicts": [[0, 2], [1, 2]],
            "supports": [[0, 3], [1, 3]],
            "ignore": [],
        }
        (folder / f"mill-{k}.json").write_text(json.dumps(gold), encoding="utf-8")
        (folder / f"mill-{k}.txt").write_text("\n".join(str(s["text"]) for s in sentences) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def pairs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set of pairs with two splits."""
    folder = tmp_path_factory.mktemp("pairs")
    for split, names in (("train", ("mill", "mine", "port", "farm")), ("validation", ("bank", "club"))):
        rows = []
        for name in names:
            statement = f"The {name} would stay open, its owner said."
            for premise, label in (
                (f"The {name} was open on Monday and Tuesday.", "entailment"),
                (f"The {name} shut for good on Monday.", "contradiction"),
                (f"The road to the {name} was paved in May.", "neutral"),
            ):
                rows.append({"premise": premise, "hypothesis": statement, "label": label, "phenomenon": "aspect", "statement_id": name})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "README.md").write_text("# Test pairs\n", encoding="utf-8")
    return folder
