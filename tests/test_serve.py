"""The page and the API: what a reader sees, what a program gets, and what becomes of those who send too much or in bad faith."""

import asyncio
import gc
import http.client
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from contrast.cli_serve import serve
from contrast.comparing import describe
from contrast.errors import InputError, UsageError
from contrast.rendering.as_json import as_object
from contrast.serving.held import HeldBytes
from contrast.serving.kept import KeptReports
from contrast.serving.messages import CheckTask
from contrast.serving.metrics import Metrics
from contrast.serving.pending import PendingChecks
from contrast.serving.queue import Job, ModelQueue
from contrast.serving.refusals import Refusal
from contrast.serving.settings import ServeSettings
from tests.batch_stub import StubChecker
from tests.conftest import ARTICLES, MILL, ROOT
from tests.pages import MARKUP, article_tag
from tests.serve_stub import open_stub
from tests.test_cli import SCHEMA, assert_one_clear_line, contrast

CAMERAS = (ARTICLES / "b-marshport-cameras.txt").read_text(encoding="utf-8")
MAX_BYTES = 8_000_000
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian's package chromium)")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
JSON_HEAD = b"POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PATIENCE_MS = 120_000
FORM = "multipart/form-data; boundary=edge"


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def assert_refused(self, status: int, *words: str) -> None:
        """Refused in one clear line."""
        assert self.status == status, self.body[:500]
        assert list(self.json) == ["error"]
        line = self.json["error"]
        assert line
        assert "\n" not in line
        assert "Traceback" not in line
        for word in words:
            assert word in line


@dataclass(frozen=True)
class Running:
    """A server that runs, and where."""

    process: subprocess.Popen[str]
    address: str
    database: Path

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def check(self, text: str, query: str = "", path: str = "/v1/check") -> Answer:
        return self.ask("POST", path + query, json.dumps({"text": text}).encode(), Content_Type="application/json")

    def send(self, name: str, content: bytes, path: str = "/v1/check") -> Answer:
        return self.ask("POST", path, form(name, content), Content_Type=FORM)

    def connect(self) -> socket.socket:
        place = urlsplit(self.address)
        return socket.create_connection((place.hostname or "", place.port or 0), timeout=30)

    def kilobytes(self) -> int:
        """Memory of the server and of its process with the model."""
        pids = [self.process.pid, *children_of(self.process.pid)]
        return sum(int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) for pid in pids)


def form(name: str, content: bytes, kind: str = "application/octet-stream") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content + b"\r\n--edge--\r\n"


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def serving(database: Path | str, *command: str) -> Iterator[Running]:
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    reader: threading.Thread | None = None
    try:
        line = process.stderr.readline()
        assert line.startswith("contrast: serving at http://"), line + process.stderr.read()
        # What else it says is read, so that it never waits for a reader.
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        yield Running(process, line.split()[3].rstrip("/,"), Path(database))
    finally:
        process.terminate()
        process.wait(60)
        if reader is not None:
            reader.join(60)
        process.stderr.close()


@contextmanager
def stub(database: Path | str, **settings: object) -> Iterator[Running]:
    with serving(database, "tests.serve_stub", str(database), json.dumps(settings)) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the shipped models."""
    database = tmp_path_factory.mktemp("serve") / "reviews.sqlite"
    with serving(database, "contrast", "serve", "--port", "0", "--reviews", str(database)) as running:
        yield running


@pytest.fixture(scope="module")
def stubbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose checker does as the text says."""
    with stub(tmp_path_factory.mktemp("stub") / "reviews.sqlite", check_seconds=3.0, body_seconds=1.0, read_seconds=1.0) as running:
        yield running


def test_the_api_gives_what_the_command_gives(server: Running, checker: Any, mill: Path) -> None:
    answer = server.check(MILL, "?all_pairs=true")
    assert answer.status == 200
    jsonschema.validate(answer.json, SCHEMA)
    by_command = as_object(checker.check(mill), has_all_pairs=True)
    assert answer.json["article"].pop("id") == sha256(MILL.encode()).hexdigest()[:16]
    assert answer.json["article"]["path"] is None
    for part in ("statements", "observations", "contrasts", "supports", "pairs", "model"):
        assert answer.json[part] == by_command[part]
    assert "pairs" not in server.check(MILL).json


def test_a_pair_is_judged_as_by_the_command(server: Running, checker: Any) -> None:
    pair = ("The mill will stay open, its owner promised.", "The mill shut for good in December.")
    body = json.dumps({"statement": pair[0], "observation": pair[1]}).encode()
    answer = server.ask("POST", "/v1/compare", body, Content_Type="application/json")
    assert answer.json == json.loads(describe(checker.compare([pair])[0], "json"))


def word_file(*paragraphs: str) -> bytes:
    import docx

    document, content = docx.Document(), BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(content)
    return content.getvalue()


def test_files_of_all_kinds_are_read(server: Running) -> None:
    lines = MILL.strip().splitlines()
    kinds = {
        "mill.txt": MILL.encode(),
        "mill.md": f"# {lines[0]}\n\n{lines[4]}\n\n{lines[5]}\n".encode(),
        "mill.docx": word_file(lines[0], lines[4], lines[5]),
        "markup.html": article_tag(MARKUP).encode(),
        "mill.jsonl": json.dumps({"title": lines[0], "text": " ".join(lines[4:6])}).encode(),
    }
    for name, content in kinds.items():
        answer = server.send(name, content)
        assert answer.status == 200, (name, answer.body)
        jsonschema.validate(answer.json, SCHEMA)
        assert answer.json["article"]["sha256"] == sha256(content).hexdigest()
        assert ("text" in answer.json["article"]) == (name != "mill.txt")
    server.send("story.odt", b"what is this").assert_refused(422, "'.odt'", ".docx")
    server.send("two.jsonl", kinds["mill.jsonl"] + b"\n" + kinds["mill.jsonl"]).assert_refused(422, "2 rows", "contrast check")
    server.send("none.jsonl", b"{}").assert_refused(422, "no text under 'text'")


def test_a_check_can_be_come_back_for_and_is_kept_at_its_address(server: Running) -> None:
    started = server.check(MILL, path="/v1/checks")
    assert started.status == 202
    check = wait_for(server, started.json["id"])
    assert check["address"] == f"/articles/{sha256(MILL.encode()).hexdigest()[:16]}"
    page = server.ask("GET", check["address"], Accept="text/html")
    assert page.status == 200
    assert b"Mill will stay open" in page.body
    assert server.check(MILL, "?keep=true").headers["Location"] == check["address"]
    written = server.ask("GET", f"{check['address']}/report.json")
    assert written.json == server.check(MILL, "?explain=true").json
    assert written.json["contrasts"][0]["explanation"]["checks"]
    assert written.headers["Content-Disposition"] == 'attachment; filename="mill-will-stay-open-owner-says.json"'
    server.ask("GET", "/v1/checks/none").assert_refused(404, "no such check")


def wait_for(running: Running, id: str, seen: list[Any] | None = None) -> Any:
    for _ in range(600):
        check = running.ask("GET", f"/v1/checks/{id}").json
        if seen is not None:
            seen.append(check)
        if check["step"] in ("done", "refused"):
            return check
        time.sleep(0.05)
    raise AssertionError(check)


def test_health_and_counts_are_told(server: Running) -> None:
    assert server.ask("HEAD", "/healthz").status == 200
    health = server.ask("GET", "/healthz")
    assert (health.status, health.json["status"], health.json["n_waiting"]) == (200, "ok", 0)
    server.check(MILL)
    counts = server.ask("GET", "/metrics").body.decode()
    assert re.search(r'contrast_requests_total\{method="POST",route="/v1/check",status="200"\} \d', counts)
    assert "contrast_queue_limit 32.0" in counts
    assert "process_resident_memory_bytes" in counts


def test_without_script_the_form_works_too(server: Running) -> None:
    body = b'--edge\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + MILL.replace("\n", "\r\n").encode() + b"\r\n--edge--\r\n"
    answer = server.ask("POST", "/check", body, Content_Type=FORM)
    assert (answer.status, answer.headers["Location"]) == (303, f"/articles/{sha256(MILL.encode()).hexdigest()[:16]}")
    refused = server.ask("POST", "/check", form("scan.odt", b"none"), Content_Type=FORM)
    assert refused.status == 422
    assert b"a file that ends in" in refused.body


def test_without_script_a_refusal_is_a_page_whatever_refuses(stubbed: Running) -> None:
    def assert_page(answer: bytes, words: str) -> None:
        assert b"<!DOCTYPE html>" in answer
        assert words in answer.decode()

    for length, words in ((9_000_000, "9.0 MB; expected at most 8 MB"), (9, "did not come within 1 s")):
        with stubbed.connect() as connection:
            head = (
                f"POST /check HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nContent-Length: {length}\r\nContent-Type: {FORM}\r\n\r\n"
            )
            connection.sendall(head.encode())
            assert_page(b"".join(iter(lambda at=connection: at.recv(10_000), b"")), words)
    with closing(sqlite3.connect(stubbed.database)) as database:
        database.execute("ALTER TABLE contrast_reports RENAME TO out_of_reach")
        without_table = stubbed.ask("POST", "/check", form("a.txt", b"Mill to close. It shut."), Content_Type=FORM, Accept="text/html")
        database.execute("ALTER TABLE out_of_reach RENAME TO contrast_reports")
    assert without_table.status == 503
    assert_page(without_table.body, "the database does not answer")
    unknown = stubbed.ask("GET", "/nope", Accept="text/html")
    assert unknown.status == 404
    assert_page(unknown.body, "Nothing is kept here")
    assert stubbed.ask("GET", "/v1/nope", Accept="text/html").json == {"error": "there is nothing at this address; go to the start page"}
    reloaded = stubbed.ask("GET", "/check")
    assert (reloaded.status, reloaded.headers["Location"]) == (303, "/")


def test_every_answer_forbids_what_no_page_needs(server: Running) -> None:
    for path in ("/", "/v1/none", "/articles/0123456789abcdef", "/static/start.js"):
        answer = server.ask("GET", path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "*" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    start = server.ask("GET", "/").body.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|(src|href|action)=\"(https?:)?//", start)


def test_bad_usage_is_one_clear_line(tmp_path: Path) -> None:
    assert_one_clear_line(contrast("serve", "--queue", "0"), "queue 0: expected")
    with pytest.raises(UsageError, match="timeout 0: expected"):
        serve(timeout=0)
    for endless in (math.inf, math.nan):
        with pytest.raises(UsageError, match=f"timeout {endless}: expected"):
            serve(timeout=endless)
        with pytest.raises(UsageError, match=f"max-mb {endless}: expected"):
            serve(max_mb=endless)
    with pytest.raises(UsageError, match="expected a SQLite file or a URL"):
        serve(port=0, reviews="mysql://somewhere/x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}: cannot listen"):
            serve(port=port, reviews=str(tmp_path / "reviews.sqlite"))


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['fastapi'] = None; sys.argv = ['contrast', 'serve']; from contrast.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert_one_clear_line(done, "fastapi not installed", "pip install 'contrast[serve]'")


# Who sends in bad faith.


def test_what_is_too_large_is_refused_before_it_is_read(server: Running) -> None:
    answer = server.ask("POST", "/v1/check", b"x" * 10_000_000, Content_Type="application/json")
    answer.assert_refused(413, "10.0 MB; expected at most 8 MB")
    server.check("The mill is open. " * 60_000).assert_refused(413, "expected one article of at most 1 MB")
    with server.connect() as connection:
        connection.sendall(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):  # it stops listening
            for _ in range(12):
                connection.sendall(b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[" * 100_000, "JSON"),
        (b'{"text": ' + b"[" * 100_000, "JSON"),
        (b'{"text": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", "JSON"),
        (b"", "JSON"),
        (b"\xff\xfe{", "JSON"),
        (b"null", "the body: not an object; expected a JSON object"),
        (b"{}", "text: missing; expected a value"),
        (b'{"text": 1}', "text: not a string; expected a string"),
        (b'{"text": ""}', "text: empty; expected some text"),
        (b'{"text": "\\ud800 half a character"}', "JSON"),
        (b'{"text": "The mill.", "file": "/etc/passwd"}', "file: no such field; leave it out"),
        (b'{"text": "The mill.", "format": "/etc/passwd"}', "format: unknown; expected 'txt', 'html' or 'md'"),
        (b'{"text": "The \\u0000mill shut."}', "binary data"),
        (b'{"text": " \\n "}', "empty"),
        (b'{"text": "...", "format": "html"}', "no article found"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(server: Running, body: bytes, words: str) -> None:
    server.ask("POST", "/v1/check", body, Content_Type="application/json").assert_refused(422, words)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"statement=x", "the body: not JSON (expected value at line 1 column 1); expected a JSON object"),
        (b'{"observation": "It shut."}', "statement: missing; expected a value"),
        (b'{"statement": " ", "observation": "It shut."}', "statement: nothing but space; expected some text"),
        (json.dumps({"statement": "x" * 10_001, "observation": "y"}).encode(), "statement: too long; expected at most 10000 characters"),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(stubbed: Running, body: bytes, words: str) -> None:
    stubbed.ask("POST", "/v1/compare", body, Content_Type="application/json").assert_refused(422, words)


def test_a_pair_that_is_not_sent_as_json_is_refused_by_its_content_type(stubbed: Running) -> None:
    sent = {FORM: form("a.txt", b"x"), "application/x-www-form-urlencoded": b"statement=x&observation=y", "text/plain": b"{}"}
    for kind, body in sent.items():
        answer = stubbed.ask("POST", "/v1/compare", body, Content_Type=kind)
        answer.assert_refused(415, f"content type {kind.split(';')[0]}; expected application/json with 'statement' and 'observation'")
    stubbed.ask("POST", "/v1/compare", b"{}").assert_refused(415, "content type missing")


def test_a_question_that_does_not_fit_is_refused_in_one_line(stubbed: Running) -> None:
    stubbed.check("Mill to close. It shut.", "?keep=maybe").assert_refused(422, "keep: neither true nor false; expected one of them")


def test_a_form_with_a_text_and_a_file_is_refused_and_neither_is_dropped(stubbed: Running) -> None:
    def both(text: str) -> bytes:
        head = f'--edge\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n'
        return head.encode() + form("a.txt", b"Mill to close. It shut.")

    for path in ("/v1/check", "/v1/checks"):
        answer = stubbed.ask("POST", path, both("The mine is open."), Content_Type=FORM)
        answer.assert_refused(422, "both a text and a file came; expected one article; send one of them")
    page = stubbed.ask("POST", "/check", both("The mine is open."), Content_Type=FORM)
    assert (page.status, b"both a text and a file came" in page.body) == (422, True)
    # A browser sends the empty field beside the file, too.
    assert stubbed.ask("POST", "/v1/check", both(" \r\n"), Content_Type=FORM).status == 200


TEXT_PART = "word/document.xml"


def zip_of(parts: Mapping[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def word_file_with(text_part: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(word_file("The mill will stay open."))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zip_of({**parts, TEXT_PART: text_part})


def zip_files() -> dict[str, tuple[bytes, str]]:
    n_bytes = 120_000_000
    bomb = word_file_with(b"\0" * n_bytes)
    # The directory at its end says that the part is small, and so does what stands before the part.
    liar = bomb.replace(n_bytes.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    nested = b"<w:p xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>" * 20_000
    return {
        "a name alone": (b"PK\x03\x04 and nothing else", "no .docx"),
        "another zip": (zip_of({"readme": b"Nothing to see."}), "without a Word text"),
        "a bomb": (bomb, "unpacks to more than 100 MB"),
        "a bomb that lies": (liar, "a damaged .docx (BadZipFile)"),
        "a zip in a zip": (zip_of({"word/inner": zip_of({TEXT_PART: b"x"})}), "without a Word text"),
        "nested without end": (word_file_with(nested), "a damaged .docx"),
        "broken parts": (word_file("The mill will stay open.")[:-400], "no .docx"),
    }


@pytest.mark.parametrize("name", sorted(zip_files()))
def test_what_is_packed_is_refused_where_it_is_no_word_file(server: Running, name: str) -> None:
    content, words = zip_files()[name]
    server.send("story.docx", content).assert_refused(422, words)


def test_nul_bytes_are_refused_wherever_they_stand(server: Running) -> None:
    server.send("a.txt", b"The mill\x00 will stay open.").assert_refused(422, "binary data")
    for name in ("a.html", "a.pdf", "a.docx", "a.md"):
        assert server.send(name, b"\x00" * 1000).status == 422
    assert server.send("a\x00.txt", MILL.encode()).status in (200, 422)
    for path in ("/articles/%00", "/static/%00", "/v1/checks/%00", "/%00"):
        assert server.ask("GET", path).status == 404
    assert server.ask("GET", "/v1/reviews?article_sha256=%00").status == 422
    body = b'{"statement": "The mill\\u0000 will stay open.", "observation": "The mill shut\\u0000."}'
    assert server.ask("POST", "/v1/compare", body, Content_Type="application/json").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static//etc/passwd",
        "/static/page.css/../../app.py",
        "/articles/../../../etc/passwd",
        "/articles/..%2f..%2fetc%2fpasswd",
        "/articles/0123456789ABCDEF",
        "/articles/0123456789abcdef%27%20or%201=1",
        "/v1/checks/..%2f..%2fhealthz",
        "//etc/passwd",
    ],
)
def test_no_path_leads_to_a_file(server: Running, path: str) -> None:
    answer = server.ask("GET", path)
    assert answer.status == 404
    assert b"root:" not in answer.body


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\Windows\\win.ini.txt", "a/b/../../c.txt", "x" * 3000 + ".txt"])
def test_the_name_of_a_file_is_never_a_path(server: Running, name: str) -> None:
    answer = server.send(name.replace("\\", "\\\\"), MILL.encode())
    assert answer.status == 200
    assert answer.json["article"]["title"] == "Mill will stay open, owner says"
    assert name not in answer.body.decode()


def test_no_address_in_a_text_is_fetched(server: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/secret"
        page = article_tag(MARKUP).replace("<head>", f'<head><base href="{address}"><link rel="stylesheet" href="{address}">')
        page = page.replace("<p>", f'<p><img src="{address}"><iframe src="{address}"></iframe>')
        entity = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{address}">]>'
        assert server.send("page.html", page.encode()).status == 200
        assert server.send("page.xhtml", (entity + page).encode()).status == 200
        server.check(f"Mill to close\n{address}\nThe mill, at {address}, will stay open.\n")
        server.check(f'The file "file:///etc/passwd" will be read, {address} said.')
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "none-such"])
def test_a_text_in_a_strange_encoding_is_no_error_of_the_server(server: Running, charset: str) -> None:
    field = f'Content-Disposition: form-data; name="text"\r\nContent-Type: text/plain; charset={charset}'
    body = f"--edge\r\n{field}\r\n\r\n+2AA- half\r\n--edge--\r\n"
    assert server.ask("POST", "/v1/check", body.encode(), Content_Type=f"{FORM}; charset={charset}").status in (200, 422)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("multipart/form-data", b"--edge--", "Missing boundary"),
        (FORM, b"no form", "the form cannot be read"),
        (FORM, b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--\r\n", "the form cannot be read"),
        (f"{FORM}; charset=undefined", form("a.txt", b"The mill."), "in its charset"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_one_line(stubbed: Running, kind: str, body: bytes, words: str) -> None:
    stubbed.ask("POST", "/v1/check", body, Content_Type=kind).assert_refused(422, words)


def test_unknown_methods_are_counted_as_one(stubbed: Running) -> None:
    for method in ("BREW", "WHEN"):
        stubbed.ask(method, "/")
    counts = stubbed.ask("GET", "/metrics").body.decode()
    assert 'contrast_requests_total{method="other",route=' in counts
    assert "BREW" not in counts


def test_a_server_that_was_told_its_names_answers_to_no_other_wherever_it_listens(tmp_path: Path) -> None:
    with stub(tmp_path / "reviews.sqlite", host="0.0.0.0", allowed_hosts=["newsroom.example"]) as running:
        assert running.ask("GET", "/", Host="newsroom.example").status == 200
        running.ask("GET", "/", Host="elsewhere.example").assert_refused(403, "--allow-host elsewhere.example")
        running.ask("GET", "/articles/0123456789abcdef", Host="[", Accept="text/html")
        assert running.ask("GET", "/healthz").status == 200


def test_other_sites_and_other_names_are_refused(server: Running) -> None:
    body = json.dumps({"text": MILL}).encode()
    answer = server.ask("POST", "/v1/check", body, Content_Type="application/json", Origin="https://elsewhere.example")
    answer.assert_refused(403, "another site")
    answer = server.ask("POST", "/v1/check", body, Content_Type="application/json", Origin="null")
    answer.assert_refused(403, "another site")
    server.ask("GET", "/", Host="elsewhere.example").assert_refused(403, "--allow-host elsewhere.example")
    server.ask("POST", "/v1/check", body, Content_Type="text/plain").assert_refused(415, "expected JSON")
    assert server.ask("POST", "/v1/check", body, Content_Type="application/json", Origin=server.address).status == 200
    assert server.ask("PUT", "/v1/check", body).status == 405


def test_those_who_send_slowly_hold_nobody_up(stubbed: Running) -> None:
    with stubbed.connect() as in_head, stubbed.connect() as in_body, stubbed.connect() as silent:
        in_head.sendall(JSON_HEAD)
        in_body.sendall(JSON_HEAD + b"Content-Length: 1000\r\n\r\n{")
        assert stubbed.check("Mill to close. It shut.").status == 200
        assert in_body.recv(1000).startswith(b"HTTP/1.1 408")
        assert in_head.recv(1000) == b""
        assert silent.recv(1000) == b""


def test_a_head_without_end_is_refused(stubbed: Running) -> None:
    with stubbed.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 4")
    with stubbed.connect() as connection:
        connection.sendall(b"POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    assert stubbed.ask("GET", "/healthz").status == 200


def test_a_check_that_takes_too_long_fails_or_ends_its_process_costs_no_other(stubbed: Running) -> None:
    with ThreadPoolExecutor(7) as pool:
        asked = {
            words: pool.submit(stubbed.check, f"Number {k} {words}. It shut.")
            for k, words in enumerate(["takes 20 s", "hangs", "reads slowly", "crashes", "fails", "fills the memory", "is well"])
        }
        answers = {words: answer.result() for words, answer in asked.items()}
    answers["takes 20 s"].assert_refused(503, "not done within 3 s")
    answers["hangs"].assert_refused(503, "not done within 3 s")
    answers["reads slowly"].assert_refused(422, "not read within 1 s")
    answers["crashes"].assert_refused(422, "ended before it was done")
    answers["fails"].assert_refused(500, "no number")
    answers["fills the memory"].assert_refused(422, "too much memory")
    assert answers["is well"].status == 200
    assert stubbed.ask("GET", "/healthz").status == 200
    assert re.search(r"contrast_model_restarts_total [2-9]", stubbed.ask("GET", "/metrics").body.decode())


def test_a_check_that_nobody_waits_for_is_stopped(stubbed: Running) -> None:
    started = stubbed.check("It takes 2.5 s. It shut.", path="/v1/checks").json
    later = stubbed.check("It takes 2.6 s. It shut.", path="/v1/checks").json
    assert (later["step"], later["n_before"]) in (("waiting", 1), ("waiting", 2))
    assert stubbed.ask("DELETE", f"/v1/checks/{later['id']}").status == 200
    assert stubbed.ask("DELETE", f"/v1/checks/{started['id']}").status == 200
    began = time.monotonic()
    for check in (started, later):
        assert wait_for(stubbed, check["id"])["error"] == "stopped before it was done"
    assert time.monotonic() - began < 2


def test_progress_is_told(stubbed: Running) -> None:
    started = stubbed.check("It takes 0.6 s. It shut.", path="/v1/checks").json
    seen: list[Any] = []
    wait_for(stubbed, started["id"], seen)
    judged = {check["n_done"] for check in seen if (check["step"], check["n_all"]) == ("judging", 30)}
    assert len(judged) > 2


def test_200_at_once_are_all_answered_each_with_its_own_report(server: Running) -> None:
    texts = [f"The mill number {k} will stay open, its owner promised. On Friday the mill number {k} shut for good." for k in range(200)]

    def insist(text: str) -> tuple[Answer, int]:
        chance = random.Random(text)
        for n_refused in range(200):
            answer = server.check(text)
            if answer.status != 429:
                return answer, n_refused
            answer.assert_refused(429, "32 texts are waiting already")
            time.sleep(int(answer.headers["Retry-After"]) * chance.random())
        raise AssertionError("never answered")

    for text in texts[:8]:
        server.check(text)
    before = server.kilobytes()
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(insist, texts))
    assert sum(n for _, n in answers) > 0, "the queue was never full"
    for text, (answer, _) in zip(texts, answers, strict=True):
        assert answer.status == 200
        assert answer.json["article"]["sha256"] == sha256(text.encode()).hexdigest()
        assert text.startswith(answer.json["statements"][0]["text"])
    assert server.kilobytes() - before < 60_000
    assert server.check(texts[0]).status == 200
    assert server.ask("GET", "/healthz").json["n_waiting"] == 0


def stop_while(running: Running, sent: Callable[[], Answer], waiting: Callable[[], Answer]) -> tuple[Answer, Answer]:
    """Sends two tasks, tells the server to stop while the first runs, and returns both answers."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sent)
        until(lambda: "contrast_queue_waiting 0.0" in running.ask("GET", "/metrics").body.decode() and (first.running() or first.done()))
        time.sleep(0.3)
        second = pool.submit(waiting)
        until(lambda: running.ask("GET", "/healthz").json["n_waiting"] == 1)
        children = children_of(running.process.pid)
        for pid in (running.process.pid, *children):  # as a service manager does
            os.kill(pid, signal.SIGTERM)
        answers = first.result(60), second.result(60)
        assert running.process.wait(60) == 0
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
        return answers


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def test_told_to_stop_it_finishes_what_is_running_and_refuses_what_waits(tmp_path: Path) -> None:
    with stub(tmp_path / "reviews.sqlite") as running:
        first, second = stop_while(
            running, lambda: running.check("It takes 1.5 s. It shut."), lambda: running.check("It takes 1.6 s. It shut.")
        )
    assert first.status == 200
    assert first.json["statements"][0]["text"].startswith("It takes 1.5 s.")
    second.assert_refused(503, "being stopped")
    assert second.headers["Retry-After"] == "10"


def test_told_to_stop_twice_it_waits_for_nothing(tmp_path: Path) -> None:
    with stub(tmp_path / "reviews.sqlite") as running:
        assert running.check("It hangs. It shut.", path="/v1/checks").status == 202
        children = children_of(running.process.pid)
        time.sleep(0.3)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


def test_told_to_stop_it_still_keeps_the_report_that_somebody_comes_back_for(tmp_path: Path) -> None:
    text = "It takes 1.5 s. It shut."
    with stub(tmp_path / "reviews.sqlite") as running:
        stop_while(running, lambda: running.check(text, path="/v1/checks"), lambda: running.check("It takes 1.6 s. It shut."))
    kept = KeptReports.open(str(tmp_path / "reviews.sqlite"))
    carried = kept.find(sha256(text.encode()).hexdigest()[:16])
    kept.close()
    assert carried is not None
    assert carried.reports[0].article.text == text


def test_reports_and_marks_outlive_the_server_in_either_database(where: str) -> None:
    text = "The mine will stay open, Ada Holm promised. On Friday the mine shut."
    span = {"start": 0, "end": 43}
    mark = {"article_sha256": sha256(text.encode()).hexdigest(), "reviewer": "Ada", "relation": "contradiction", "mark": "right"}
    with stub(where) as running:
        address = running.check(text, "?keep=true").headers["Location"]
        body = json.dumps({**mark, "statement": span, "observation": {"start": 44, "end": 68}}).encode()
        assert running.ask("POST", "/v1/reviews", body, Content_Type="application/json").status == 201
    with stub(where) as running:
        assert b"On Friday the mine shut." in running.ask("GET", address).body
        (pair,) = running.ask("GET", f"/v1/reviews?article_sha256={mark['article_sha256']}").json["pairs"]
    assert pair["agreement"] == "right"


def test_only_the_latest_reports_are_kept(where: str, checker: Any) -> None:
    from contrast.reading import read_text
    from contrast.rendering import Provenance
    from contrast.rendering.carried import as_carried

    kept = KeptReports.open(where, max_kept=2)
    ids = [kept.keep(json.dumps(as_carried([checker.check_article(read_text(f"{MILL}Number {k}."))], Provenance()))) for k in (1, 2, 2, 3)]
    assert [kept.find(id) is not None for id in dict.fromkeys(ids)] == [False, True, True]
    assert len(kept.store.article(sha256(f"{MILL}Number 1.".encode()).hexdigest()).sentences) == 5
    kept.close()


def test_a_kept_report_that_cannot_be_read_any_more_is_not_found(tmp_path: Path) -> None:
    from contrast.reading import read_text
    from contrast.rendering import Provenance
    from contrast.rendering.carried import as_carried

    with closing(KeptReports.open(str(tmp_path / "reviews.sqlite"))) as kept:
        id = kept.keep(json.dumps(as_carried([StubChecker().check_article(read_text(MILL))], Provenance())))
        with closing(sqlite3.connect(tmp_path / "reviews.sqlite")) as database, database:
            database.execute("UPDATE contrast_reports SET carried = ?", [zlib.compress(b"{}")])
        with pytest.raises(Refusal, match="check the text again") as refused:
            kept.find(id)
    assert refused.value.status == 404


def test_a_database_that_takes_no_table_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "reviews.sqlite"
    KeptReports.open(str(path)).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE contrast_reports")
        database.execute("CREATE INDEX ix_contrast_reports_kept_at ON contrast_articles (added_at)")
    with pytest.raises(InputError, match=r"reviews\.sqlite: reports cannot be kept there \(.*\); expected a SQLite file"):
        KeptReports.open(str(path))


# The queue, and the checks that somebody comes back for.


def test_one_text_that_waits_is_not_told_as_many() -> None:
    queue = ModelQueue(ServeSettings(n_waiting=1), open_stub, Metrics())
    queue.submit(CheckTask(b"It is well. It shut.", ".txt"))
    with pytest.raises(Refusal, match="1 text is waiting already"):
        queue.submit(CheckTask(b"It is well. It shut.", ".txt"))


def test_of_a_check_that_ended_its_answer_is_left_and_its_bytes_are_let_go(tmp_path: Path) -> None:
    async def check_one_by_one() -> None:
        pending = PendingChecks(queue, kept, HeldBytes(10))
        task = CheckTask(b"x" * 6, ".txt")
        started = pending.start(task)
        with pytest.raises(Refusal, match="try again") as refused:
            pending.start(task)
        assert refused.value.status == 429
        future = weakref.ref(jobs[0].future)
        pending.give_up(started.id)
        jobs.clear()
        await pending.finish()
        gc.collect()
        assert future() is None
        ended = pending.ask(started.id)
        assert ended is not None
        assert (ended.step, ended.error) == ("refused", "stopped before it was done")
        assert pending.start(task).step == "waiting"

    jobs: list[Job] = []

    class Queue(ModelQueue):
        def submit(self, task: Any) -> Job:
            jobs.append(super().submit(task))
            return jobs[-1]

    queue = Queue(ServeSettings(), open_stub, Metrics())
    with closing(KeptReports.open(str(tmp_path / "reviews.sqlite"))) as kept:
        asyncio.run(check_one_by_one())


def test_a_process_that_cannot_be_started_costs_its_task_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("out of file descriptors")

    queue = ModelQueue(ServeSettings(), open_stub, Metrics())
    queue.start()
    try:
        with monkeypatch.context() as patched:
            patched.setattr("multiprocessing.popen_spawn_posix.util.spawnv_passfds", fail)
            queue.submit(CheckTask(b"It crashes. It shut.", ".txt")).future.exception(120)
            until(lambda: not queue.is_ready)
            refused = queue.submit(CheckTask(b"It is well. It shut.", ".txt")).future.exception(120)
            assert isinstance(refused, Refusal)
            assert (refused.status, "out of file descriptors" in str(refused)) == (503, True)
        assert queue.submit(CheckTask(b"It is well. It shut.", ".txt")).future.result(120)
    finally:
        queue.finish()


# The description of the API.


def test_whatever_fits_the_description_is_answered_as_described(server: Running) -> None:
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {"POST /v1/check", "POST /v1/compare", "GET /healthz", "GET /metrics", "POST /v1/reviews"} <= {o.label for o in operations}
    checks = [not_a_server_error, response_schema_conformance, status_code_conformance]
    for operation in operations:

        @settings(
            max_examples=20,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            case.call_and_validate(checks=checks, timeout=PATIENCE_MS / 1000)

        send()


def test_what_becomes_of_a_check_and_a_mark_is_answered_as_described(stubbed: Running) -> None:
    import schemathesis
    from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

    schema = schemathesis.openapi.from_url(f"{stubbed.address}/openapi.json")

    def ask(method: str, path: str, status: int, **parts: Any) -> Any:
        media = {"media_type": "application/json"} if "body" in parts else {}
        case = schema[path][method].Case(**parts, **media)
        answer = case.call_and_validate(checks=[response_schema_conformance, status_code_conformance])
        assert answer.status_code == status
        return answer.json()

    text = "The mine will stay open, Ada Holm promised. On Friday the mine shut."
    id = ask("POST", "/v1/checks", 202, body={"text": text})["id"]
    assert wait_for(stubbed, id)["step"] == "done"
    assert ask("GET", "/v1/checks/{id}", 200, path_parameters={"id": id})["step"] == "done"
    assert ask("DELETE", "/v1/checks/{id}", 200, path_parameters={"id": id})["step"] == "done"
    assert ask("POST", "/v1/check", 200, body={"text": text}, query={"explain": "true", "all_pairs": "true"})["statements"]
    article = {"article_sha256": sha256(text.encode()).hexdigest()}
    span, other = {"start": 0, "end": 43}, {"start": 44, "end": 68}
    mark = {**article, "reviewer": "Ada", "statement": span, "observation": other, "relation": "contradiction", "mark": "right"}
    assert ask("POST", "/v1/reviews", 201, body=mark)["reviewer"] == "Ada"
    assert len(ask("GET", "/v1/reviews", 200, query=article)["pairs"]) == 1
    assert ask("GET", "/v1/reviews/precision", 200)["n_right"] >= 1
    elsewhere = {"Origin": "https://elsewhere.example"}
    for path, body in (("/v1/reviews", mark), ("/v1/check", {"text": text})):
        assert "another site" in ask("POST", path, 403, body=body, headers=elsewhere)["error"]


# The page as a reader uses it.


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A page of its own, which must not complain but of what the test is marked to bring about."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    expected = [str(mark.args[0]) for mark in request.node.iter_markers("complains")]
    assert [line for line in complaints if not any(words in line for words in expected)] == []


def check_in(page: Any, server: Running, text: str) -> None:
    page.goto(server.address)
    page.get_by_label("The article's text").fill(text)
    page.get_by_role("button", name="Check the text").click()
    page.wait_for_url("**/articles/*")
    page.locator(".marking").first.wait_for()


@needs_browser
def test_a_reader_checks_filters_marks_comes_back_and_hands_on(page: Any, server: Running, tmp_path: Path) -> None:
    check_in(page, server, CAMERAS)
    cards = page.locator(".card:visible")
    verdicts = [card.get_attribute("data-verdict") for card in cards.all()]
    assert page.locator(".evidence-against > li").count() > 0

    page.get_by_label("Verdict").select_option(verdicts[-1])
    assert 0 < cards.count() == verdicts.count(verdicts[-1]) < len(verdicts)
    assert "Filtered:" in page.locator("#shown").inner_text()
    page.get_by_role("button", name="Show all").click()

    mark = page.locator(".text .tag-said").first
    mark.click()
    assert page.url.endswith(str(mark.get_attribute("href")))
    assert page.locator(".card:target").count() == 1

    page.get_by_label("Your name").fill("Ada")
    strongest = page.locator(".evidence-against > li").first
    strongest.get_by_role("button", name="Wrong").press("Enter")
    strongest.locator("button[aria-pressed=true]").wait_for()
    assert "0 of 1 marked contrast right" in page.locator("#precision").inner_text()
    strongest.get_by_role("button", name="It speaks for it").click()
    page.get_by_text("Kept as Ada: wrong, it speaks for it").wait_for()
    page.get_by_label("What is said").select_option(index=1)
    page.locator("#missed-observation").select_option(index=2)
    page.get_by_role("button", name="Add the pair").click()
    page.locator("#missed-pairs li").wait_for()

    page.reload()
    strongest.locator("button[aria-pressed=true]").first.wait_for()
    assert strongest.locator("button[aria-pressed=true]").all_inner_texts() == ["Wrong", "It speaks for it"]
    assert "added by Ada" in page.locator("#missed-pairs").inner_text()
    page.get_by_role("button", name="Take back").click()
    page.locator("#missed-pairs li").wait_for(state="detached")

    with page.expect_download() as awaited:
        page.get_by_role("link", name="Download the report").click()
    awaited.value.save_as(tmp_path / awaited.value.suggested_filename)
    done = contrast("verify", tmp_path / awaited.value.suggested_filename)
    assert (done.returncode, done.stdout.splitlines()[-1].split(": ")[-1]) == (0, "holds"), done.stdout


@needs_browser
def test_markup_in_a_text_is_shown_as_text_and_runs_nothing(page: Any, stubbed: Running) -> None:
    attack = "</script><script>window.ran = 1</script><img src=x onerror=window.ran=1><svg onload=window.ran=1>"
    text = f"{attack} Mill to stay open\n20240312\n\nThe mill will stay open{attack}, Ada {attack} promised.\n"
    text += f"On Friday the mill shut {attack}.\n"
    check_in(page, stubbed, text)
    page.get_by_label("Your name").fill(f'Ada "{attack[:40]}')
    page.get_by_role("button", name="Right").first.click()
    page.locator("button[aria-pressed=true]").wait_for()
    page.reload()
    page.locator("button[aria-pressed=true]").wait_for()
    assert page.evaluate("window.ran") is None
    assert attack in page.locator("h1").inner_text()
    assert page.locator("img, svg:not(.bar)").count() == 0


@needs_browser
def test_a_refused_text_stays_and_the_reason_is_told(page: Any, server: Running) -> None:
    page.goto(server.address)
    page.get_by_role("button", name="Check the text").click()
    assert page.get_by_role("alert").inner_text() == "Paste a text or choose a file first."
    page.get_by_label("The article's text").fill("...")
    page.get_by_role("button", name="Check the text").click()
    page.get_by_role("alert").get_by_text("no sentence in it").wait_for()
    assert page.get_by_label("The article's text").input_value() == "..."
    page.get_by_role("button", name="Fill in an example").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/articles/*")


@needs_browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_the_pages_can_be_used_by_all(browser: Any, server: Running, tmp_path: Path, scheme: str, width: int) -> None:
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    address = server.check(CAMERAS, "?keep=true").headers["Location"]
    page = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    downloaded = tmp_path / "report.html"
    downloaded.write_bytes(server.ask("GET", f"{address}/report.html").body)
    for place in (*(server.address + path for path in ("/", address, "/articles/0123456789abcdef")), downloaded.as_uri()):
        page.goto(place)
        if place.endswith(address):
            page.locator(".marking").first.wait_for()
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        serious = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@needs_browser
def test_without_script_a_reader_checks_a_text(browser: Any, stubbed: Running) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(stubbed.address)
    page.get_by_label("The article's text").fill("Mill to close. It shut.")
    page.get_by_role("button", name="Check the text").click()
    page.wait_for_url("**/articles/*")
    assert page.get_by_role("link", name="Download the report").is_visible()
    context.close()


@needs_browser
def test_a_mark_is_kept_under_a_name_and_under_none_made_up(page: Any, stubbed: Running) -> None:
    check_in(page, stubbed, "The quarry will stay open, Ada Holm promised. On Friday the quarry shut.")
    page.get_by_role("button", name="Right").first.click()
    page.get_by_text("Not kept: type your name first").wait_for()
    assert page.evaluate("document.activeElement.id") == "reviewer"
    assert page.locator("button[aria-pressed=true]").count() == 0
    page.keyboard.type("Bo")
    page.get_by_role("button", name="Right").first.click()
    page.get_by_text("Kept as Bo: right").wait_for()
    hash = page.evaluate("JSON.parse(document.getElementById('contrast-page').textContent).article_sha256")
    (pair,) = stubbed.ask("GET", f"/v1/reviews?article_sha256={hash}").json["pairs"]
    assert [mark["reviewer"] for mark in pair["marks"]] == ["Bo"]


@needs_browser
@pytest.mark.complains("status of 422")
def test_a_chosen_file_is_checked_and_a_text_beside_it_is_not_dropped(page: Any, stubbed: Running, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("The mine will close in May, its owner said. It shut.", encoding="utf-8")
    page.goto(stubbed.address)
    page.get_by_label("The article's text").fill("The well will stay open. It shut.")
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="Check the text").click()
    page.get_by_role("alert").get_by_text("both a text and a file came").wait_for()
    page.get_by_label("The article's text").fill("")
    page.get_by_role("button", name="Check the text").click()
    page.wait_for_url("**/articles/*")
    assert "The mine will close in May" in page.locator("main").inner_text()


@needs_browser
@pytest.mark.complains("status of 404")
def test_a_check_that_the_server_knows_no_more_is_sent_again(page: Any, stubbed: Running) -> None:
    forgotten: list[str] = []

    def forget(route: Any) -> None:
        if forgotten:
            route.continue_()
        else:
            forgotten.append(route.request.url)
            route.fulfill(status=404, json={"error": "no such check"})

    page.route("**/v1/checks/*", forget)
    check_in(page, stubbed, "The pond will stay open, Ada Holm promised. On Friday the pond shut.")
    assert len(forgotten) == 1


DROP = """names => {
    const dropped = new DataTransfer();
    for (const name of names) dropped.items.add(new File(["Mill to close. It shut."], name));
    const event = new DragEvent("drop", {dataTransfer: dropped, cancelable: true, bubbles: true});
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
}"""


@needs_browser
def test_a_check_stopped_while_it_is_sent_stays_stopped(page: Any, stubbed: Running) -> None:
    sent: list[Any] = []
    given_up: list[str] = []
    page.route("**/v1/checks", lambda route: sent.append(route))
    page.goto(stubbed.address)
    page.get_by_label("The article's text").fill("It takes 2 s. It shut.")
    page.get_by_role("button", name="Check the text").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("alert").get_by_text("Stopped.").wait_for()
    page.on("request", lambda request: given_up.append(request.url) if request.method == "DELETE" else None)
    sent[0].continue_()
    for _ in range(50):
        page.wait_for_timeout(100)
        if given_up:
            break
    assert len(given_up) == 1
    assert page.url == f"{stubbed.address}/"
    assert page.get_by_role("alert").inner_text() == "Stopped. The text is still here."


@needs_browser
def test_of_dropped_files_one_is_taken_and_none_is_opened_instead_of_the_page(page: Any, stubbed: Running) -> None:
    page.goto(stubbed.address)
    assert page.evaluate(DROP, ["first.txt", "second.txt"])
    assert "of 2 files only first.txt is taken" in page.get_by_role("alert").inner_text()
    assert page.evaluate("[...document.getElementById('file').files].map((file) => file.name)") == ["first.txt"]
    page.evaluate("document.getElementById('intake').hidden = true")
    assert page.evaluate(DROP, ["third.txt"])
    assert "third" not in page.evaluate("document.getElementById('file').value")
    page.goto(stubbed.address)
    assert page.evaluate(DROP, ["alone.txt"])
    page.wait_for_url("**/articles/*")
