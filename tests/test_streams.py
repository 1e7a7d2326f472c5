"""Standard streams that are closed, and names of files that are no text: what a program gets that runs contrast in odd surroundings."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no shell with such streams, and file names are text here")
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def contrast(words: str, *arguments: str | bytes | Path, **surroundings: str) -> subprocess.CompletedProcess[bytes]:
    """What comes of `contrast` with the words as a shell reads them, in which "$@" stands for the arguments."""
    command = f"{shlex.quote(sys.executable)} -m contrast {words}"
    return subprocess.run(
        ["sh", "-c", command, "sh", *arguments], capture_output=True, check=False, env={**os.environ, **surroundings}, timeout=120
    )


@pytest.mark.parametrize("command", ["check -", "score - -o scored.jsonl"])
def test_a_closed_standard_input_is_one_clear_line(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = contrast(f"{command} <&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"contrast: standard input: closed; expected an article; name a file\n"


@pytest.mark.parametrize("command", ["check --no-explain", "check --no-explain --format json", "compare 'It is open.'", "--help"])
def test_a_closed_standard_output_is_one_clear_line(command: str, mill: Path) -> None:
    done = contrast(f'{command} "$@" >&-', mill)
    assert done.returncode == 2
    assert done.stderr == b"contrast: standard output: closed; nothing can be written; open it, or give -o FILE\n"


def test_a_closed_standard_error_loses_its_lines_and_nothing_else(tmp_path: Path) -> None:
    done = contrast('check "$@" 2>&-', tmp_path / "missing.txt")
    assert (done.returncode, done.stdout) == (2, b"")
    german = tmp_path / "german.txt"
    german.write_text("Das Werk bleibt offen, sagte die Eigentümerin, und das Tor ist nicht zu. " * 4, encoding="utf-8")
    done = contrast('check "$@" --format json 2>&-', german)
    assert done.returncode == 0
    assert json.loads(done.stdout)["article"]["warnings"]
    done = contrast('score "$@" 2>&-', german, "-o", tmp_path / "scored.jsonl")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_report_is_written_to_a_file_where_no_standard_stream_is_open(mill: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    assert contrast('check "$@" --no-explain --format json <&- >&- 2>&-', mill, "-o", output).returncode == 0
    assert json.loads(output.read_bytes())["article"]["path"] == str(mill)


@pytest.mark.parametrize("name", [b"bad\xff.txt", "näme.txt".encode()])
@pytest.mark.parametrize("surroundings", [{}, PLAIN], ids=["utf-8", "ascii"])
def test_the_path_in_json_opens_the_file_whatever_its_name(
    name: bytes, surroundings: dict[str, str], tmp_path: Path, mill_text: str
) -> None:
    path, output = os.fsencode(tmp_path) + b"/" + name, tmp_path / "report"
    with open(path, "w", encoding="utf-8") as file:
        file.write(mill_text)
    for format in ("json", "jsonl"):
        shown = contrast(f'check "$@" --no-explain --format {format}', path, **surroundings)
        kept = contrast(f'check "$@" --no-explain --format {format}', path, "-o", output, **surroundings)
        assert (shown.returncode, kept.returncode, shown.stderr + kept.stderr) == (0, 0, b"")
        for written in (shown.stdout, output.read_bytes()):
            assert Path(json.loads(written.decode("utf-8"))["article"]["path"]).read_text(encoding="utf-8") == mill_text
