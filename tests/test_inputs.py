"""What newsrooms have: saved pages, PDF and Word files, Markdown, rows. Each gives title, date and body, or one clear line."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from contrast.errors import InputError
from contrast.reading import read_article, read_articles
from contrast.rendering.html import DATA_ID
from contrast.schema import Article
from tests.pages import CLUTTER, FERRY, STORIES, STRUCTURES, Story
from tests.papers import pdf_of, word_of


def read(folder: Path, name: str, content: bytes | str) -> Article:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    article = read_article(path)
    assert article.is_laid_out
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    return article


def body(article: Article) -> tuple[str, ...]:
    return tuple(article.text.split("\n")[3:])


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title[:12])
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.__name__)
def test_title_date_and_body_come_out_of_a_news_page(tmp_path: Path, structure: Callable[[Story], str], story: Story) -> None:
    article = read(tmp_path, "page.html", structure(story))
    assert (article.title, article.date) == (story.title, story.date)
    assert body(article) == story.paragraphs
    assert not [words for words in CLUTTER if words in article.text]
    assert article.sentences[0].text == story.title


def test_a_page_in_a_legacy_encoding_is_read_as_its_head_says(tmp_path: Path) -> None:
    text = "Das Werk bleibt geöffnet, sagte die Bürgermeisterin über die Löhne. “Quote” – and more words to fill the line up to its length."
    page = f"<html><head><title>Größe zählt</title></head><body><article><h1>Größe zählt</h1>{f'<p>{text}</p>' * 3}</article></body></html>"
    declared = page.replace("<head>", "<head><meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>")
    assert text in read(tmp_path, "latin.html", declared.encode("cp1252")).text
    russian = (
        "Министерство заявило во вторник, что войска отходят из города, мэр это отрицает, а жители видели колонны у моста и у вокзала."
    )
    body_of_page = f"<body><article><h1>Мэр</h1>{f'<p>{russian}</p>' * 3}</article></body>"
    page = f"<html><head><meta charset=koi8-r><title>Мэр</title></head>{body_of_page}</html>"
    assert russian in read(tmp_path, "koi.html", page.encode("koi8-r")).text


def test_a_page_without_a_date_is_given_none_from_its_footer(tmp_path: Path) -> None:
    text = "".join(f"<p>{line}</p>" for line in FERRY.paragraphs)
    page = f"<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{text}</article><footer>© 2019 Post</footer></body></html>"
    assert read(tmp_path, "page.html", page).date is None


def test_the_address_a_browser_saved_a_page_from_is_kept(tmp_path: Path) -> None:
    page = next(structure for structure in STRUCTURES if structure.__name__ == "saved_by_a_browser")(FERRY)
    assert read(tmp_path, "page.htm", page).url == "https://example.org/news/saved.html"


def test_a_pdf_gives_whole_paragraphs_without_running_heads(tmp_path: Path) -> None:
    article = read(tmp_path, "ferry.pdf", pdf_of(FERRY.title, FERRY.paragraphs, n_lines=12))
    assert article.title == FERRY.title.replace("“", '"').replace("”", '"')
    assert [line.replace("’", "'") for line in body(article)[0:]][-6:] == [
        line.replace("“", '"').replace("”", '"').replace("’", "'") for line in FERRY.paragraphs
    ]
    assert "The Harrow Post, page" not in article.text


def test_ligatures_in_a_pdf_are_taken_apart(tmp_path: Path) -> None:
    article = read(tmp_path, "film.pdf", pdf_of("A ﬁlm", ["The crew ﬁlmed ﬁve ﬂoods (of nine), its owner said."]))
    assert "\nA film\n" in article.text
    assert article.sentences[-1].text == "The crew filmed five floods (of nine), its owner said."


DATES = ("11 March 2019", "March 11, 2019", "Monday, 11 March 2019", "2019-03-11")


@pytest.mark.parametrize("date", DATES)
def test_a_date_under_the_title_of_a_word_or_markdown_file_is_the_date_of_the_article(tmp_path: Path, date: str) -> None:
    written = (date, "The mill shut, its owner said.", "Rain fell.")
    for name, content in {
        "a.docx": word_of("Mill shuts", written),
        "b.docx": word_of("", ("Mill shuts", *written)),
        "a.md": "\n\n".join(("# Mill shuts", *written)),
        "b.md": "\n\n".join(("Mill shuts", *written)),
    }.items():
        article = read(tmp_path, name, content)
        assert (article.title, article.date) == ("Mill shuts", "2019-03-11")
        assert [sentence.text for sentence in article.sentences] == ["Mill shuts", *written[1:]]


@pytest.mark.parametrize("line", ["On 11 March 2019 it shut.", "31 February 2019", "March 2019"])
def test_a_line_that_holds_more_or_less_than_a_date_stays_in_the_body(tmp_path: Path, line: str) -> None:
    article = read(tmp_path, "a.md", f"# Mill shuts\n\n{line}\n\nRain fell.")
    assert (article.date, body(article)) == (None, (line, "Rain fell."))


def test_a_date_line_below_front_matter_with_a_date_stays_in_the_body(tmp_path: Path) -> None:
    article = read(tmp_path, "a.md", "---\ndate: 2024-03-12\n---\n# Mill shuts\n\n11 March 2019\n\nRain fell.")
    assert (article.date, body(article)) == ("2024-03-12", ("11 March 2019", "Rain fell."))


def test_a_word_file_gives_its_paragraphs_and_cells_in_order(tmp_path: Path) -> None:
    article = read(tmp_path, "ferry.docx", word_of(FERRY.title, FERRY.paragraphs))
    assert (article.title, body(article)) == (FERRY.title, FERRY.paragraphs)


MARKDOWN = """---
title: "Mill will stay open"
date: 2024-03-12
url: https://example.org/mill
---
# Mill will stay open

The **mill** at [Orsk](https://example.org/orsk) will stay
open, its *owner* said. ![A gate](gate.png)

- The gates were `chained` &amp; locked on Thursday.

```
code
```

> Rain <b>fell</b>.
"""


@pytest.mark.parametrize("text", [MARKDOWN, MARKDOWN.replace("\n", "\r\n")])
def test_markdown_gives_its_words_without_the_marks(tmp_path: Path, text: str) -> None:
    article = read(tmp_path, "mill.md", text)
    assert (article.title, article.date, article.url) == ("Mill will stay open", "2024-03-12", "https://example.org/mill")
    assert body(article) == (
        "The mill at Orsk will stay open, its owner said.",
        "The gates were chained & locked on Thursday.",
        "Rain fell.",
    )


def test_rows_give_an_article_each_and_a_bad_row_costs_that_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": 7, "title": "Will the mill stay open?", "date": "2024-03-12T10:00:00Z", "text": "It will, its owner said.\nIt shut."},
        {"title": "No text"},
        {"text": "The gates were chained on Friday, the union said. Rain fell."},
        {"text": "half a character \ud800"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\nbroken\n", encoding="utf-8")
    first, third, no_text, half, broken = read_articles(path)
    assert isinstance(first, Article)
    assert (first.id, first.title, first.date, body(first)) == (
        "7",
        rows[0]["title"],
        "2024-03-12",
        ("It will, its owner said.", "It shut."),
    )
    assert isinstance(third, Article)
    assert third.id == "rows:3"
    assert [str(error) for error in (no_text, half, broken)] == [
        f"{path}, line 2: no text under 'text' (it has title); rename the field, or use contrast score --text-column",
        f"{path}: half a character (a lone surrogate) in the text of rows:4; save it as UTF-8",
        f"{path}, line 5: not JSON (Expecting value: line 1 column 1 (char 0)); expected one article as an object a line",
    ]
    with pytest.raises(InputError, match="5 articles; expected one"):
        read_article(path)


def test_rows_with_the_same_fault_get_one_line_with_their_number_and_the_first(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"body": "The mill shut.", "n": k} if k % 2 else {"body": "It shut."} for k in range(1200)]
    path.write_text("\n".join(map(json.dumps, rows)) + "\nbroken\n", encoding="utf-8")
    no_text, broken = map(str, read_articles(path))
    assert no_text.startswith(f"{path}: 1,200 of 1,201 rows cannot be read, the first: {path}, line 1: no text under 'text' (it has body)")
    assert broken.startswith(f"{path}, line 1201: not JSON")


def bad_files() -> dict[str, tuple[bytes, str]]:
    from pypdf import PdfReader, PdfWriter

    locked, scan = PdfWriter(clone_from=PdfReader(BytesIO(pdf_of("T", ["Text."])))), PdfWriter()
    locked.encrypt("secret", algorithm="RC4-128")
    scan.add_blank_page(200, 200)
    written = {"locked.pdf": BytesIO(), "scan.pdf": BytesIO()}
    locked.write(written["locked.pdf"])
    scan.write(written["scan.pdf"])
    front = "<html><body>" + "".join(f"<a href='/{k}'>Story {k}</a> " for k in range(80)) + "</body></html>"
    return {
        "locked.pdf": (written["locked.pdf"].getvalue(), "without its password"),
        "scan.pdf": (written["scan.pdf"].getvalue(), "run OCR"),
        "handler.pdf": (written["locked.pdf"].getvalue().replace(b"/Standard", b"/PublicKy"), "protection or packing"),
        "packed.pdf": (pdf_of("T", ["Text."]).replace(b"<< /Length", b"<< /Filter /OddDecode /Length"), "protection or packing"),
        "torn.pdf": (pdf_of("T", ["Text."])[:200], "damaged PDF"),
        "text.pdf": (b"The mill will stay open.", "damaged PDF"),
        "front.html": (front.encode(), "no article found"),
        "script.html": (b"<html><body><script>document.write('An article')</script></body></html>", "no article found"),
        "empty.html": (b"", "empty"),
        "null.html": (b"<html>\x00</html>", "binary"),
        "deep.html": (b"<div>" * 50_000, "no article found"),
        "text.docx": (b"The mill will stay open.", "no .docx"),
        "old.docx": (b"\xd0\xcf\x11\xe0" + bytes(600), "save it as .docx"),
        "other.docx": (zip_of("mimetype", b"x"), "without a Word text"),
        "hollow.docx": (zip_of("word/document.xml", b"<x/>"), "damaged"),
        "bomb.docx": (zip_of("word/document.xml", bytes(120_000_000)), "unpacks to more"),
        "blank.docx": (word_of("", []), "no text"),
        "empty.md": (b"---\ntitle: A\n---\n\n```\ncode\n```\n", "no text"),
        "empty.jsonl": (b"\n\n", "empty"),
        "rows.csv": (b"id,text\n1,The mill shut.\n", "use contrast score"),
        "rows.PARQUET": (b"PAR1", "use contrast score"),
        "rows.jsonl.gz": (b"\x1f\x8b", "use contrast score"),
        "rows.tsv": (b"id\ttext\n1\tThe mill shut.\n", "save it as .csv"),
        "rows.json": (b'[{"text": "The mill shut."}]', "save it as .jsonl"),
        "mill.rtf": (rb"{\rtf1 The mill shut.}", "save it as .docx, .txt or PDF"),
        "mill.odt": (b"PK", "save it as .docx, .txt or PDF"),
    }


def zip_of(name: str, content: bytes) -> bytes:
    import zipfile

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def test_each_unreadable_file_gets_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    for name, (content, words) in bad_files().items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=words) as caught:
            read_article(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))
        assert "\n" not in str(caught.value)


def test_a_report_that_contrast_made_is_no_article(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(f'<p>It shut.</p><script type="application/json" id="{DATA_ID}">{{}}</script>', encoding="utf-8")
    with pytest.raises(InputError, match="contrast verify"):
        read_article(tmp_path / "report.html")


def test_a_file_with_an_owner_password_alone_is_read(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer, buffer = PdfWriter(clone_from=PdfReader(BytesIO(pdf_of("Mill", FERRY.paragraphs)))), BytesIO()
    writer.encrypt("", owner_password="secret", algorithm="RC4-128")
    writer.write(buffer)
    assert "ferry" in read(tmp_path, "a.pdf", buffer.getvalue()).text
