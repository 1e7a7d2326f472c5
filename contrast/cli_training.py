"""The commands for those who tune and measure: train, export, evaluate, dataset. Their heavy parts are imported when called."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from contrast.errors import InputError, UsageError

app = typer.Typer()
train_app = typer.Typer(help="Train the models on labelled data (needs the extra 'train').", no_args_is_help=True, rich_markup_mode=None)
dataset_app = typer.Typer(help="Look after data sets.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(train_app, name="train")
app.add_typer(dataset_app, name="dataset")


def _above_zero(value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise typer.BadParameter(f"{value}; expected a number above 0")
    return value


DataOption = Annotated[
    list[Path], typer.Option("--data", help="A JSONL file, a data set folder or a folder of annotated articles; may be given again.")
]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="Folder for the trained model; a killed run goes on from its last checkpoint here.")
]
BaseOption = Annotated[str | None, typer.Option(help="Encoder to start from: a folder or hub id (default: all-MiniLM-L6-v2).")]
EpochsOption = Annotated[float, typer.Option(help="Passes over the data.", callback=_above_zero)]
RateOption = Annotated[float, typer.Option("--learning-rate", help="Highest learning rate.", callback=_above_zero)]
SeedOption = Annotated[int, typer.Option(help="Seed of everything random.", min=0, max=2**32 - 1)]
SaveEveryOption = Annotated[
    int | None,
    typer.Option(help="Steps between checkpoints, which a killed run goes on from (default: a tenth of the run, 20 to 500 steps).", min=1),
]
DeviceOption = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="What to train on.")]
ArticlesOption = Annotated[list[Path], typer.Option(help="Folder of annotated articles; may be given again.")]
PairsOption = Annotated[list[Path], typer.Option(help="Data set of pairs; may be given again.")]
DEFAULT_ARTICLES = [Path("data/articles"), Path("data/articles-dense"), Path("data/articles-shaped")]
DEFAULT_PAIRS = [Path("data/pairs"), Path("data/crossed")]
FormatOption = Annotated[str, typer.Option(help="json or table.")]


def _needs_train() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("torch", "sklearn", "accelerate", "onnx") if find_spec(name) is None]
    if missing:
        raise UsageError(f"{', '.join(missing)} not installed; run: pip install 'contrast[train]'")


@train_app.command("nli")
def train_nli(
    data: DataOption,
    output: OutputOption,
    base: BaseOption = None,
    epochs: EpochsOption = 1.0,
    batch_size: Annotated[int, typer.Option(help="Pairs a step.", min=1)] = 64,
    learning_rate: RateOption = 1e-4,
    dropout: Annotated[float, typer.Option(help="Share of hidden values dropped.", min=0.0, max=1.0)] = 0.0,
    neutrals: Annotated[float, typer.Option(help="Neutral pairs of articles drawn for each other one.", min=0.0)] = 4.0,
    near_neutrals: Annotated[
        float, typer.Option(help="Share of the neutral pairs that are drawn from the nearest in words.", min=0.0, max=1.0)
    ] = 0.0,
    smoothing: Annotated[float, typer.Option(help="Share of the loss that asks for all relations alike.", min=0.0, max=1.0)] = 0.0,
    teacher_share: Annotated[
        float, typer.Option(help="Share of the loss that asks for a teacher's probabilities where rows carry them.", min=0.0, max=1.0)
    ] = 0.5,
    consistency: Annotated[
        float, typer.Option(help="Weight of how far two readings with other dropout part (R-Drop); 0: one reading.", min=0.0)
    ] = 0.0,
    freeze: Annotated[int, typer.Option(help="Embeddings and this many of the lowest layers stay as they are; 0: all learn.", min=0)] = 0,
    weighted: Annotated[bool, typer.Option("--weighted", help="Weigh pairs less whose premise alone gives the label away.")] = False,
    stray_context: Annotated[
        float, typer.Option(help="Share of sides without context that get a sentence of another set before them.", min=0.0, max=1.0)
    ] = 0.0,
    limit: Annotated[int | None, typer.Option(help="Use only the first pairs, for a trial.", min=1)] = None,
    keep_checkpoints: Annotated[int, typer.Option(help="How many of the last checkpoints stay.", min=1)] = 1,
    save_every: SaveEveryOption = None,
    seed: SeedOption = 13,
    device: DeviceOption = "auto",
) -> None:
    """Fine-tune an encoder into the three-way cross-encoder that judges pairs."""
    _needs_train()
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining
    from contrast.training.nli import train_nli as run

    loop = LoopSettings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        save_every=save_every,
        device=device,
        n_checkpoints=keep_checkpoints,
    )
    settings = NliTraining(
        data=data,
        output=output,
        base=base,
        n_neutral_per_other=neutrals,
        dropout=dropout,
        limit=limit,
        is_weighted=weighted,
        stray_context_share=stray_context,
        near_share=near_neutrals,
        smoothing=smoothing,
        teacher_share=teacher_share,
        consistency=consistency,
        n_frozen_layers=freeze,
        loop=loop,
    )
    print(run(settings))


@train_app.command("soft-labels")
def train_soft_labels(
    teachers: Annotated[
        list[str], typer.Argument(metavar="DIR[=SHARE]", help="Runs of train nli on larger encoders; what they say is averaged.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the rows; a killed run goes on after the last 2,048 that it wrote whole.")
    ],
    data: Annotated[list[Path] | None, typer.Option("--data", help="As for train nli; may be given again.")] = None,
    texts: Annotated[Path | None, typer.Option(help="Articles that nobody labelled, as JSONL: id, title, date, url, text.")] = None,
    without: Annotated[Path | None, typer.Option(help="JSONL rows whose ids are not to be taken from the texts.")] = None,
    n_texts: Annotated[int, typer.Option(min=1, help="How many of the texts are drawn.")] = 1000,
    pairs_per_text: Annotated[int, typer.Option(min=1, help="How many pairs of each, those that promise most.")] = 15,
    suspected_from: Annotated[
        int | None, typer.Option(min=1, help="Of so many that promise most, take those that the shipped model finds least neutral.")
    ] = None,
    neutrals: Annotated[float, typer.Option(help="Neutral pairs of articles drawn for each other one.", min=0.0)] = 4.0,
    near_neutrals: Annotated[
        float, typer.Option(help="Share of the neutral pairs that are drawn from the nearest in words.", min=0.0, max=1.0)
    ] = 0.0,
    stray_context: Annotated[
        float, typer.Option(help="Share of sides without context that get a sentence of another set before them.", min=0.0, max=1.0)
    ] = 0.0,
    seed: SeedOption = 13,
) -> None:
    """Write what larger models say of pairs, labelled or found in articles, as rows for train nli --data (distillation)."""
    _needs_train()
    from contrast.training.average import part_of
    from contrast.training.soft_labels import SoftLabelling, write_soft_labels

    print(
        write_soft_labels(
            SoftLabelling(
                teachers=[part_of(words, otherwise=1.0) for words in teachers],
                output=output,
                data=data or [],
                texts=texts,
                without=without,
                n_texts=n_texts,
                n_pairs_per_text=pairs_per_text,
                n_suspected_from=suspected_from,
                n_neutral_per_other=neutrals,
                near_share=near_neutrals,
                stray_context_share=stray_context,
                seed=seed,
            )
        )
    )


@train_app.command("roles")
def train_roles(
    data: DataOption,
    output: OutputOption,
    base: BaseOption = None,
    epochs: EpochsOption = 1.0,
    batch_size: Annotated[int, typer.Option(help="Documents a step.", min=1)] = 4,
    learning_rate: RateOption = 1e-4,
    repeats: Annotated[int, typer.Option(help="How often folders are read for each reading of a corpus file.", min=1)] = 4,
    save_every: SaveEveryOption = None,
    seed: SeedOption = 13,
    device: DeviceOption = "auto",
) -> None:
    """Fine-tune an encoder into the model that finds statements, observations and speakers."""
    _needs_train()
    from contrast.training.loop import LoopSettings
    from contrast.training.roles import RolesTraining
    from contrast.training.roles import train_roles as run

    loop = LoopSettings(
        epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed, device=device, save_every=save_every, by_length=False
    )
    print(run(RolesTraining(data=data, output=output, base=base, n_repeats=repeats, loop=loop)))


@train_app.command("average")
def train_average(
    parts: Annotated[list[str], typer.Argument(metavar="FOLDER=SHARE...", help="Trained runs and their shares.", show_default=False)],
    output: OutputOption,
) -> None:
    """Average the weights of runs that go on from one another."""
    _needs_train()
    from contrast.training.average import average, part_of

    print(average([part_of(words) for words in parts], output))


@train_app.command("calibration")
def train_calibration(
    models: Annotated[Path, typer.Option(help="Folder with the exported models, roles and nli.")] = Path("models"),
    articles: ArticlesOption = DEFAULT_ARTICLES,
    pairs: PairsOption = DEFAULT_PAIRS,
) -> None:
    """Fit calibration and thresholds of the exported models on the validation splits."""
    _needs_train()
    from contrast.training.calibrate_nli import calibrate_nli
    from contrast.training.calibrate_roles import calibrate_roles

    print(
        json.dumps(
            {"roles": calibrate_roles(models / "roles", articles), "nli": calibrate_nli(models / "nli", models / "roles", articles, pairs)},
            indent=1,
        )
    )


@app.command("export")
def export_model(
    kind: Annotated[str, typer.Argument(help="nli or roles.")],
    source: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write, such as models/nli.")],
    probes: Annotated[list[Path], typer.Option(help="Labelled data to compare the int8 graph on; may be given again.")],
    name: Annotated[str, typer.Option(help="Name that reports will carry.")] = "contrast",
) -> None:
    """Write a trained model as an int8 ONNX folder that runs without torch; refuses when it does not keep to the model."""
    _needs_train()
    from contrast.training.export import export
    from contrast.training.probes import probes_of

    if kind not in ("nli", "roles"):
        raise UsageError(f"kind {kind!r}; expected nli or roles")
    parity = export(
        source,
        output,
        kind,  # type: ignore[arg-type]
        probes_of(kind, source, probes),  # type: ignore[arg-type]
        rounded_on=probes_of(kind, source, probes, split="train"),  # type: ignore[arg-type]
        name=f"{name}-{kind}",
    )
    print(f"{output}: agrees on {parity.agreement:.2%} of {parity.n} decisions, mean difference {parity.mean_difference:.4f}")


@app.command("evaluate")
def evaluate(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|pairs|articles|explanations|ranks",
            help="Labelled pairs as JSONL; or pairs, articles or explanations and a folder; or ranks and a file of judged pairs.",
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Data set of pairs, or annotated articles; for ranks a JSONL file.", show_default=False),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only this split of the folder (pairs: validation; articles: all).")] = None,
    texts: Annotated[Path | None, typer.Option(help="For ranks: the articles that its rows name, as JSONL.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="Another NLI model: a folder or hub id.")] = None,
    format: FormatOption = "table",
) -> None:
    """Measure against gold: judged pairs by phenomenon, or whole articles (average precision, flags, roles, verdicts); or explanations.

    Explanations: by how much leaving out the shown words lowers the log-odds of the flagged contrasts, against as many random words. Ranks:
    how high pairs come that readers judged in articles annotated no further (rows of id, statement, observation, label).
    """
    from contrast.pipeline import Checker
    from contrast.settings import CheckSettings

    if (target in ("pairs", "articles", "explanations", "ranks")) != (folder is not None) or (target == "ranks") != (texts is not None):
        raise UsageError("expected contrast evaluate FILE, or pairs DIR, articles DIR, explanations DIR or ranks FILE --texts TEXTS")
    path = folder or Path(target)
    if folder is not None and target != "ranks" and not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected a data set of {target}")
    checker = Checker(CheckSettings(model=model))
    if target == "articles":
        from contrast.evaluation.articles import evaluate_articles

        _print_figures(evaluate_articles(checker, path, split=split), format)
    elif target == "explanations":
        from contrast.evaluation.explanations import evaluate_explanations

        _print_figures(evaluate_explanations(checker, path, split=split), format)
    elif texts is not None:
        from contrast.evaluation.ranks import evaluate_ranks

        _print_figures(evaluate_ranks(checker, path, texts), format)
    else:
        from contrast.evaluation.pairs import evaluate_pairs

        _print_figures(evaluate_pairs(checker, path, split=split or "validation"), format)


def _print_figures(figures: dict[str, Any], format: str) -> None:
    if format == "json":
        print(json.dumps(figures, indent=1))
        return
    if format != "table":
        raise UsageError(f"format {format!r}; expected json or table")
    for name, value in figures.items():
        if isinstance(value, dict):
            print(name)
            for key, inner in value.items():
                print(f"  {key:<24} {_short(inner)}")
        else:
            print(f"{name:<26} {_short(value)}")


def _short(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


@dataset_app.command("check")
def check_dataset(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data set folder.")],
    apart_from: Annotated[
        Path | None, typer.Option(help="What models are measured on: statements near one of it are told.", show_default=False)
    ] = None,
) -> None:
    """Lint a data set: schema, duplicates, leakage, balance, and what half a pair gives away; exit code 1 when something is wrong."""
    _needs_train()
    from contrast.evaluation.apart import describe as describe_echoes
    from contrast.evaluation.apart import find_echoes
    from contrast.evaluation.data_sets import check_data_set, describe

    findings = check_data_set(folder)
    if apart_from is not None and (echoes := find_echoes(folder, apart_from)):
        findings.warnings.append(describe_echoes(echoes, apart_from))
    print(describe(findings), end="")
    if findings.problems:
        raise typer.Exit(1)


@dataset_app.command("join")
def join_dataset(
    pointers: Annotated[Path, typer.Argument(metavar="FILE", help="Annotations that point into articles, as JSONL.")],
    texts: Annotated[Path, typer.Option(help="The articles as JSONL, plain or gzip (id, title, date, url, text), or one as .txt.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the annotated articles; for judged pairs a file that ends in .jsonl.")
    ],
) -> None:
    """Join annotations with the texts they point into, for training and evaluation; exit code 1 when some text is missing."""
    from contrast.training.pointers import join

    joined = join(pointers, texts, output)
    missing, changed = len(joined.missing), len(joined.changed)
    print(f"{output}: {joined.n_written} annotated articles; {missing} not among the texts, {changed} with another text")
    if joined.missing or joined.changed:
        raise typer.Exit(1)


@dataset_app.command("from-reviews")
def rows_from_reviews(
    store: Annotated[
        str, typer.Argument(metavar="DB_OR_URL", help="The review store that contrast serve keeps: a SQLite file or a postgresql:// URL.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the data set, such as data/mine; written anew each time.")],
) -> None:
    """Turn readers' marks into labelled pairs to train on (needs the extra 'serve')."""
    from importlib.util import find_spec

    if find_spec("sqlalchemy") is None:
        raise UsageError("sqlalchemy not installed; run: pip install 'contrast[serve]'")
    from contrast.reviews.rows import write_rows
    from contrast.reviews.store import ReviewStore

    with ReviewStore.open(store, create=False) as reviews:
        print(write_rows(reviews, output).describe(output))


@app.command("bench")
def bench_speed(
    articles: Annotated[Path, typer.Option("--input", help="Articles to work on: a folder or a file.")] = Path("data/articles"),
    n_articles: Annotated[int, typer.Option(min=1, help="How many articles.")] = 40,
    n_pairs: Annotated[int, typer.Option(min=1, help="How many pairs of them.")] = 1000,
    n_naive: Annotated[int, typer.Option(min=1, help="How many articles the naive way gets, which takes long.")] = 2,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each system.")] = 5,
    format: FormatOption = "table",
) -> None:
    """Measure speed and memory beside other ways to do the same (extra 'bench')."""
    _needs_train()
    from contrast.evaluation.bench import as_table, bench

    found = bench(articles, n_articles=n_articles, n_pairs=n_pairs, n_naive=n_naive, n_runs=runs)
    print(json.dumps(found, indent=1) if format == "json" else as_table(found))
