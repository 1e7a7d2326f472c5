"""What a person at the terminal gets, and the JSON that a program gets."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import ARTICLES, NIGHTS, ROOT

SCHEMA = json.loads((ROOT / "contrast" / "report.schema.json").read_text(encoding="utf-8"))


def contrast(*arguments: object, stdin: bytes | None = None, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    command, spoken = [sys.executable, "-m", "contrast", *map(str, arguments)], {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=spoken)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("contrast: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0]


def test_the_table_shows_both_sentences_verbatim_and_counts_what_was_done(nights: Path) -> None:
    done = contrast("check", nights)
    assert done.returncode == 0
    shown = " ".join(done.stdout.split())
    report = json.loads(contrast("check", nights, "--format", "json").stdout)
    texts = {found["id"]: found["text"] for found in (*report["statements"], *report["observations"])}
    assert report["contrasts"]
    for finding in report["contrasts"]:
        assert f"says {texts[finding['statement']]} {finding['statement']} · " in shown
        assert f"reported {texts[finding['observation']]} {finding['observation']} · " in shown
    assert "contradicted" in shown
    assert f"{report['article']['n_sentences']} sentences · " in done.stdout.splitlines()[-2]
    assert f" · {report['article']['n_pairs_skipped']} left out · " in done.stdout.splitlines()[-2]
    assert done.stderr == ""


def test_articles_of_ours_give_json_that_fits_the_schema(tmp_path: Path) -> None:
    shortest = sorted(ARTICLES.glob("*.txt"), key=lambda path: (path.stat().st_size, path.name))[:200]
    articles = shortest[::10]  # longer ones have more pairs of the same form
    output = tmp_path / "out.json"
    assert contrast("check", *articles, "--format", "json", "--all-pairs", "-o", output).returncode == 0
    reports = json.loads(output.read_text(encoding="utf-8"))
    assert len(reports) == len(articles) >= 20
    for path, report in zip(articles, reports, strict=True):
        jsonschema.validate(report, SCHEMA)
        text = path.read_text(encoding="utf-8")
        for found in (*report["statements"], *report["observations"]):
            assert found["text"] == text[found["start"] : found["end"]]
        said = {s["id"]: s for s in report["statements"]}
        flagged = {row["statement"] for row in report["contrasts"]}
        assert {id for id, s in said.items() if s["verdict"] in ("contradicted", "mixed")} == flagged
        assert report["article"]["n_pairs"] == len(report["pairs"])
        for row in report["pairs"]:
            assert row["entailment"] + row["neutral"] + row["contradiction"] == pytest.approx(1.0, abs=1e-4)
        assert [row["probability"] for row in report["contrasts"]] == sorted((r["probability"] for r in report["contrasts"]), reverse=True)


def test_one_file_gives_an_object_without_pairs_unless_asked(mill: Path) -> None:
    report = json.loads(contrast("check", mill, "--format", "json").stdout)
    jsonschema.validate(report, SCHEMA)
    assert "pairs" not in report


def test_standard_input_and_jsonl(mill: Path) -> None:
    done = contrast("check", "-", mill, "--format", "jsonl", stdin=mill.read_bytes())
    piped, from_file = map(json.loads, done.stdout.splitlines())
    assert piped["statements"] == from_file["statements"]
    assert piped["article"]["path"] is None
    assert piped["article"]["sha256"] == from_file["article"]["sha256"]


def test_a_page_or_rows_on_standard_input_are_read_as_such(mill: Path) -> None:
    text = mill.read_text(encoding="utf-8").splitlines()
    paragraphs = "".join(f"<p>{line}</p>" for line in text[3:])
    page = (
        f"<!DOCTYPE html><html><head><title>{text[0]}</title></head><body><article><h1>{text[0]}</h1>{paragraphs}</article></body></html>"
    )
    (report,) = map(json.loads, contrast("check", "-", "--format", "jsonl", stdin=page.encode()).stdout.splitlines())
    assert report["article"]["title"] == text[0]
    assert "<" not in report["article"]["text"]
    rows = [{"id": "a", "text": "It shut."}, {"text": 5}, {"text": "The mill will open in May, its owner said."}]
    done = contrast("check", "-", "--format", "jsonl", stdin="\n".join(map(json.dumps, rows)).encode())
    assert [json.loads(line)["article"]["id"] for line in done.stdout.splitlines()] == ["a", "stdin:3"]
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard input, line 2: 'text' is a number; expected the text of an article, as a string" in done.stderr


def test_threshold_and_top_choose_what_is_flagged(mill: Path) -> None:
    everything = json.loads(contrast("check", mill, "--format", "json", "--threshold", "0").stdout)
    assert len(everything["contrasts"]) == everything["article"]["n_pairs"] > 1
    assert len(json.loads(contrast("check", mill, "--format", "json", "--threshold", "0", "--top", "1").stdout)["contrasts"]) == 1


def test_exit_code_tells_whether_something_was_flagged(nights: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.txt"
    quiet.write_text("Rain fell on the town for a third day.\n", encoding="utf-8")
    assert contrast("check", nights, "--format", "json").returncode == 0
    assert contrast("check", nights, "--exit-code").returncode == 1
    assert contrast("check", quiet, "--exit-code").returncode == 0


def test_markup_in_an_article_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The [bold]mill[/bold] will stay open, its owner said.\nThe [red]gates were shut on Friday.\n", encoding="utf-8")
    done = contrast("check", path)
    assert "[bold]mill[/bold]" in done.stdout


def test_comparing_a_pair_and_the_rows_of_a_file(tmp_path: Path) -> None:
    rows = [
        {"premise": "The mill shut for good in May.", "hypothesis": "The mill will stay open, its owner said.", "id": 7, "note": "ü"},
        {"premise": "The mill ran all summer.", "hypothesis": "The mill will stay open, its owner said.", "id": 8},
    ]
    path, output = tmp_path / "pairs.jsonl", tmp_path / "scored.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert contrast("compare", "--input", path, "--output", output).returncode == 0
    scored = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [{key: row[key] for key in given} for given, row in zip(rows, scored, strict=True)] == rows
    done = contrast("compare", rows[0]["hypothesis"], rows[0]["premise"], "--format", "json")
    assert json.loads(done.stdout)["contradiction"] == pytest.approx(scored[0]["contradiction"], abs=0.05)
    assert "contradiction" in contrast("compare", "The mill will stay open.", "The mill was shut.").stdout


@pytest.mark.parametrize("arguments", [(), ("one sentence",), ("one", "two", "--input", "x.jsonl")])
def test_comparing_needs_a_pair_or_a_file(arguments: tuple[str, ...]) -> None:
    assert_one_clear_line(contrast("compare", *arguments), "expected")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1"),
        ("[1]", "line 1"),
        ('{"premise": "x"}', "hypothesis"),
        ('{"premise": " ", "hypothesis": "y"}', "premise"),
        ("", "no row"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path: Path, line: str, words: str) -> None:
    path, output = tmp_path / "pairs.jsonl", tmp_path / "scored.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    assert_one_clear_line(contrast("compare", "--input", path, "--output", output), words)
    assert not output.exists()


def test_the_good_files_are_reported_beside_the_bad(mill: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    done = contrast("check", empty, mill, tmp_path / "none.txt", "--format", "jsonl")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 1
    assert len(done.stderr.strip().splitlines()) == 2


def bad_inputs(folder: Path) -> dict[str, tuple[object, str]]:
    (folder / "articles").mkdir()
    contents = {
        "empty.txt": b"",
        "binary.txt": bytes(range(256)) * 8,
        "broken.txt": b"\xff\xfe\x00",
        "large.txt": b"The mill will stay open. " * 420_000,
        "long.txt": b"word " * 10_000,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {
        "missing": (folder / "none.txt", "no such file"),
        "folder without articles": (folder / "articles", "without .txt"),
        "empty": (folder / "empty.txt", "empty"),
        "binary": (folder / "binary.txt", "binary"),
        "undecodable": (folder / "broken.txt", "UTF-16"),
        "10 MB": (folder / "large.txt", "10.5 MB"),
        "one endless sentence": (folder / "long.txt", "a sentence of 49,999 characters"),
    }


def test_each_bad_input_gets_one_clear_line(tmp_path: Path) -> None:
    for path, words in bad_inputs(tmp_path).values():
        assert_one_clear_line(contrast("check", path), str(path), words)


def test_another_language_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "german.txt"
    path.write_text("Das Ministerium hat am Dienstag erklärt, dass die Truppen sich aus der Stadt zurückziehen. " * 6, encoding="utf-8")
    done = contrast("check", path, "--format", "json")
    assert done.returncode == 0
    assert "English" in done.stderr
    assert "English" in json.loads(done.stdout)["article"]["warnings"][0]
    shown = contrast("check", path).stdout
    assert "warning: " in shown
    assert "nobody" not in shown


def test_a_wrong_model_gets_one_clear_line(mill: Path, tmp_path: Path) -> None:
    assert_one_clear_line(contrast("check", mill, "--model", tmp_path / "none"), "no such folder")
    assert_one_clear_line(contrast("check", mill, "--model", tmp_path), "config.json")


def test_a_damaged_model_is_refused(mill: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "models" / "nli", tmp_path / "nli")
    graph = tmp_path / "nli" / "model.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    assert_one_clear_line(contrast("check", mill, "--model", tmp_path / "nli"), "damaged")
    graph.unlink()
    assert_one_clear_line(contrast("check", mill, "--model", tmp_path / "nli"), str(tmp_path))


def test_wrong_options_get_exit_code_2(mill: Path) -> None:
    assert_one_clear_line(contrast("check", mill, "--threshold", "1.5"), "from 0 to 1")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("check", "a.txt", "--threshold", "abc"), "--threshold abc: not a number; expected 0 to 1; see contrast check --help"),
        (("check", "a.txt", "--top", "1.5"), "--top 1.5: not a whole number; expected 1 or more; see contrast check --help"),
        (
            ("check", "a.txt", "--format", "xml"),
            "--format xml: not one of 'table', 'json', 'jsonl', 'markdown', 'html'; see contrast check --help",
        ),
        (("check",), "missing argument 'FILE...'; see contrast check --help"),
        (("score", "a.txt"), "missing option '--output' / '-o'; see contrast score --help"),
        (("serve", "--port", "abc"), "--port abc: not a whole number; expected 0 to 65535; see contrast serve --help"),
        (("bench", "--runs", "0"), "--runs 0: has to be greater than or equal to 1; see contrast bench --help"),
        (("chek",), "no such command 'chek'"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_came_and_where_to_read_on(arguments: tuple[str, ...], told: str) -> None:
    done = contrast(*arguments)
    assert_one_clear_line(done, told)
    assert done.stdout == ""


def test_no_command_shows_the_help() -> None:
    done = contrast()
    assert done.returncode == 2
    assert "Commands:" in done.stderr


def test_a_file_to_read_is_not_written_over(mill: Path, tmp_path: Path) -> None:
    before = mill.read_bytes()
    link, rows = tmp_path / "link.html", tmp_path / "rows.jsonl"
    link.symlink_to(mill)
    rows.write_text('{"premise": "The mill shut.", "hypothesis": "The mill will stay open."}\n', encoding="utf-8")
    for arguments in (
        ("check", mill, "--format", "html", "-o", mill),
        ("check", "none.txt", mill, "-o", tmp_path / "." / mill.name),
        ("check", mill, "-o", link),
        ("check", link, "-o", mill),
        ("check", tmp_path, "-o", mill),
        ("compare", "--input", rows, "-o", rows),
    ):
        assert_one_clear_line(contrast(*arguments), f"{arguments[-1]}: to be read and to be written")
    with mill.open("rb") as opened:
        command = [sys.executable, "-m", "contrast", "check", "-", "-o", str(mill)]
        assert subprocess.run(command, stdin=opened, capture_output=True, check=False).returncode == 2
    assert mill.read_bytes() == before
    assert "entailment" not in rows.read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_standard_output_cannot_encode_is_replaced_and_data_stay_utf_8(mill: Path, tmp_path: Path, encoding: str) -> None:
    mill.write_text(mill.read_text(encoding="utf-8").replace("Orsk", "Örsk in Łódź"), encoding="utf-8")
    for format in ("table", "markdown"):
        done = contrast("check", mill, "--explain", "--format", format, encoding=encoding)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.search(r"in \?.d\?", done.stdout)
    for format in ("json", "html"):
        assert "Örsk in Łódź" in contrast("check", mill, "--format", format, encoding=encoding).stdout
    output = tmp_path / "report.md"
    assert contrast("check", mill, "--format", "markdown", "-o", output, encoding=encoding).returncode == 0
    assert "Örsk in Łódź" in output.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text here")
def test_a_file_whose_name_is_no_text_is_reported_in_every_format(tmp_path: Path, mill_text: str) -> None:
    path, output = os.fsencode(tmp_path) + b"/\xff.txt", tmp_path / "report"
    Path(os.fsdecode(path)).write_text(mill_text, encoding="utf-8")
    for format in ("table", "json", "markdown", "html"):
        assert contrast("check", os.fsdecode(path), "--no-explain", "--format", format).returncode == 0
    assert contrast("check", os.fsdecode(path), "--no-explain", "--format", "html", "-o", output).returncode == 0
    assert output.read_text(encoding="utf-8")


def test_a_piped_table_has_no_blanks_at_the_end_of_its_lines(mill: Path) -> None:
    lines = contrast("check", mill, "--all-pairs").stdout.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if line != line.rstrip()] == []


def test_top_leaves_the_count_of_all_contrasts(mill: Path) -> None:
    n_pairs = json.loads(contrast("check", mill, "--format", "json").stdout)["article"]["n_pairs"]
    assert n_pairs > 1
    # All pairs are flagged from 0 on.
    flagged = ("check", mill, "--threshold", "0", "--top", "1", "--no-explain")
    done = contrast(*flagged)
    assert f"{n_pairs} contrasts, 1 shown, strongest first" in done.stdout
    assert done.stdout.splitlines()[-2].endswith(f" · {n_pairs} contrasts, 1 shown")
    assert f"{n_pairs} contrasts, 1 shown, among" in contrast(*flagged, "--format", "markdown").stdout
    assert f"<b>{n_pairs}</b> contrasts, 1 shown, " in contrast(*flagged, "--format", "html").stdout
    assert len(json.loads(contrast(*flagged, "--format", "json").stdout)["contrasts"]) == 1
    assert " shown" not in contrast("check", mill, "--threshold", "0", "--top", n_pairs).stdout


def test_top_leaves_the_count_of_what_the_model_itself_flags(nights: Path) -> None:
    n_contrasts = len(json.loads(contrast("check", nights, "--format", "json").stdout)["contrasts"])
    assert n_contrasts > 1
    assert f"{n_contrasts} contrasts, 1 shown" in contrast("check", nights, "--top", "1").stdout.splitlines()[-2]


def test_a_report_that_cannot_be_written_leaves_what_was_there(mill: Path, tmp_path: Path) -> None:
    for name in ("none/report.json", "n" * 300):
        assert_one_clear_line(contrast("check", mill, "-o", tmp_path / name), "cannot be written")


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("check", "-"), ("check", "-", "--format", "json", "--exit-code")])
def test_a_reader_who_goes_away_is_not_taken_for_something_flagged(arguments: tuple[str, ...]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "contrast", *arguments]
    try:
        # Buffered, as is usual: what is short fails only when it is flushed.
        buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
        done = subprocess.run(command, input=NIGHTS.encode(), stdout=write_end, stderr=subprocess.PIPE, env=buffered, check=False)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_full_is_one_clear_line(unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-m", "contrast", "version"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert_one_clear_line(done, "standard output: cannot be written")


PAIR = b'{"premise": "The mill shut.", "hypothesis": "The mill stays open."'


def test_half_a_character_in_a_pair_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b'{"premise": "\\ud800", "hypothesis": "b"}\n')
    assert_one_clear_line(contrast("compare", "The mill", os.fsdecode(b"bad\xff")), "observation: half a character")
    assert_one_clear_line(contrast("compare", "--input", path), f"{path}, line 1: half a character")


def test_rows_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + PAIR + b"}\n")
    done = contrast("compare", "--input", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["premise"] == "The mill shut."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PAIR + b'}\n\n\n{"premise": " ", "hypothesis": "b"}\n', "line 4: no text under 'premise'"),
        (PAIR + b', "note": NaN}\n', "line 1: NaN or a number too large"),
        (PAIR + b', "note": [1e400]}\n', "line 1: NaN or a number too large"),
        (PAIR + b', "note": "\\udc00"}\n', "line 1: half a character"),
        (PAIR + b', "note": ' + b"9" * 5000 + b"}\n", "line 1: no JSON that can be read"),
        (PAIR + b"}\n" + b'{"premise": "\xff"}\n', "line 2: not UTF-8 (byte 0xff); save the file as UTF-8"),
    ],
)
def test_a_row_that_cannot_be_given_back_is_named_by_its_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(content)
    done = contrast("compare", "--input", path)
    assert_one_clear_line(done, f"{path}, {words}")
    assert done.stdout == ""


def test_rows_that_cannot_be_read_are_told_in_our_words(tmp_path: Path) -> None:
    packed = tmp_path / "pairs.jsonl.gz"
    packed.write_bytes(PAIR)
    assert_one_clear_line(contrast("compare", "--input", packed), f"{packed}: no gzip, or not the whole of it; pack it again")
    done = contrast("compare", "--input", tmp_path / "none.jsonl")
    assert_one_clear_line(done, "none.jsonl: no such file; expected JSON, one object a line")
    assert "Errno" not in done.stderr


def test_a_blank_side_of_a_pair_is_named() -> None:
    assert_one_clear_line(contrast("compare", "  ", "The mill shut."), "statement: empty; expected a sentence")
    assert_one_clear_line(contrast("compare", "The mill stays open.", "\n"), "observation: empty; expected a sentence")
