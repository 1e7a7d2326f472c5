"""What newsrooms have: saved pages, PDF and Word files, Markdown, rows. Each gives title, date and body, or one clear line."""

import json
import quopri
import shutil
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from time import process_time

import pytest

from contrast.errors import InputError
from contrast.reading import read_article, read_articles, read_contents
from contrast.reading.calls import find_wall, is_call
from contrast.rendering.html import DATA_ID
from contrast.schema import Article
from tests.pages import CLINIC, CLUTTER, FERRY, FOOTER, NAV, STORIES, STRUCTURES, Story, article_tag
from tests.papers import pdf_of, print_of, word_of, word_with

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IN_ASCII = str.maketrans("“”’–", '""\'-')


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
    assert article.title == "A film"
    assert article.sentences[-1].text == "The crew filmed five floods (of nine), its owner said."


def test_a_print_of_a_browser_gives_the_whole_headline_the_day_and_no_line_of_its_edges(tmp_path: Path) -> None:
    title = "Ceasefire in Maren valley holds, army says, as villagers report a third night of shelling"
    for name, n_lines, head in (("one", 40, ["9 June 2023"]), ("three", 9, ["By Jon Ferris", "June 9, 2023"]), ("old", 40, ["20230609"])):
        article = read(tmp_path, f"{name}.pdf", print_of(title, CLINIC.paragraphs, head=head, n_lines=n_lines))
        assert (article.title, article.date) == (title, "2023-06-09")
        assert " ".join(body(article)).translate(IN_ASCII) == " ".join(CLINIC.paragraphs).translate(IN_ASCII)
    assert read(tmp_path, "none.pdf", print_of(title, CLINIC.paragraphs)).date is None


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian's package chromium)")
def test_what_chromium_prints_is_read_as_the_page_it_was(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page = article_tag(CLINIC).replace("today", "30 June 2022")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        tab = opened.new_page()
        tab.set_content(page.replace(NAV, "").replace(FOOTER, ""))
        printed = tab.pdf(display_header_footer=True, margin={"top": "2cm", "bottom": "2cm"}, height="10cm")
        saved = tab.context.new_cdp_session(tab).send("Page.captureSnapshot", {"format": "mhtml"})["data"]
        opened.close()
    for name, content in {"a.pdf": printed, "a.mhtml": saved.encode()}.items():
        article = read(tmp_path, name, content)
        assert (article.title, article.date) == (CLINIC.title, CLINIC.date)
        assert " ".join(body(article)) == " ".join(CLINIC.paragraphs)


DATES = (
    "11 March 2019",
    "March 11, 2019",
    "Monday, 11 March 2019",
    "2019-03-11",
    "Published: 11 March 2019",
    "Mar. 11, 2019",
    "Published 11 March 2019, updated 12 March 2019",
    "Published 11 March 2019, 9.15pm GMT",
    "March 11, 2019 / 6:12 PM EST / Hill News",
    "Monday, March 11, 2019 | 2 a.m.",
    "By Jon Ferris\n\n11 March 2019",
    "By Jon Ferris | 11 March 2019",
)


@pytest.mark.parametrize("date", DATES)
def test_a_date_under_the_title_of_a_word_or_markdown_file_is_the_date_of_the_article(tmp_path: Path, date: str) -> None:
    head, told = date.split("\n\n"), ("The mill shut, its owner said.", "Rain fell.")
    written = (*head, *told)
    for name, content in {
        "a.docx": word_of("Mill shuts", written),
        "b.docx": word_of("", ("Mill shuts", *written)),
        "a.md": "\n\n".join(("# Mill shuts", *written)),
        "b.md": "\n\n".join(("Mill shuts", *written)),
    }.items():
        article = read(tmp_path, name, content)
        assert (article.title, article.date) == ("Mill shuts", "2019-03-11")
        assert [sentence.text for sentence in article.sentences] == ["Mill shuts", *told]


@pytest.mark.parametrize(
    "line", ["On 11 March 2019 it shut.", "31 February 2019", "March 2019", "By March it was shut", "Modified for 2019"]
)
def test_a_line_that_holds_more_or_less_than_a_date_stays_in_the_body(tmp_path: Path, line: str) -> None:
    article = read(tmp_path, "a.md", f"# Mill shuts\n\n{line}\n\nRain fell.")
    assert (article.date, body(article)) == (None, (line, "Rain fell."))


def test_a_date_line_below_front_matter_with_a_date_stays_in_the_body(tmp_path: Path) -> None:
    article = read(tmp_path, "a.md", "---\ndate: 2024-03-12\n---\n# Mill shuts\n\n11 March 2019\n\nRain fell.")
    assert (article.date, body(article)) == ("2024-03-12", ("11 March 2019", "Rain fell."))


@pytest.mark.parametrize("line", ["Updated 12 March 2019", "By Jon Ferris", "3 hours ago"])
def test_a_byline_and_the_day_of_a_change_are_neither_sentence_nor_date(tmp_path: Path, line: str) -> None:
    article = read(tmp_path, "a.md", f"# Mill shuts\n\n{line}\n\nIt shut.\n\nRain fell.")
    assert (article.date, body(article)) == (None, ("It shut.", "Rain fell."))


TEASER = "<article><h2><a href='/{0}'>Story {0}</a></h2><p>The mayor opened bridge number {0} on Monday, the council said.</p></article>"
FRONT = "".join(TEASER.format(k) for k in range(9))
CONSENT = (
    "<h1>We value your privacy</h1><p>We and our 843 partners store and access information on a device, such as cookies, "
    "with your consent.</p>"
)
LOG_IN = (
    "<h1>The Courier</h1><form><p>Please sign in with your account to read on. Forgot your password? "
    "Ask for another one here, and come back later.</p></form>"
)


@pytest.mark.parametrize(("inside", "words"), [(FRONT, "a list of stories"), (CONSENT, "consent to cookies"), (LOG_IN, "a log-in")])
def test_a_page_that_holds_something_else_than_an_article_says_what(tmp_path: Path, inside: str, words: str) -> None:
    (tmp_path / "a.html").write_text(f"<html><head><title>A</title></head><body><main>{inside}</main></body></html>", encoding="utf-8")
    with pytest.raises(InputError, match=f"{words}, no article"):
        read_article(tmp_path / "a.html")


def test_a_date_that_only_the_data_of_a_page_tell_in_words_is_its_date(tmp_path: Path) -> None:
    body = "".join(f"<p>{text}</p>" for text in FERRY.paragraphs)
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "Nov 20, 2024"}</script>'
    page = f"<html><head><title>Ferry</title>{data}</head><body><article><h1>Ferry</h1>{body}</article></body></html>"
    assert read(tmp_path, "a.html", page).date == "2024-11-20"


def test_what_a_form_of_word_puts_around_paragraphs_hides_none(tmp_path: Path) -> None:
    plain = word_of("Mill shuts", ("The mill shut, its owner said.", "Rain fell."))
    around, content = tmp_path / "around.docx", BytesIO()
    with zipfile.ZipFile(BytesIO(plain)) as archive, zipfile.ZipFile(content, "w") as forms:
        for name in archive.namelist():
            part = archive.read(name)
            if name == "word/document.xml":
                part = part.replace(b"<w:p>", b"<w:sdt><w:sdtPr/><w:sdtContent><w:p>").replace(b"</w:p>", b"</w:p></w:sdtContent></w:sdt>")
                assert b"<w:sdt>" in part
            forms.writestr(name, part)
    around.write_bytes(content.getvalue())
    assert read_article(around).text == read(tmp_path, "plain.docx", plain).text


def test_an_article_with_other_stories_below_it_is_one(tmp_path: Path) -> None:
    body = "".join(f"<p>{text}</p>" for text in FERRY.paragraphs)
    page = f"<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{body}</article><aside>{FRONT}</aside></body></html>"
    article = read(tmp_path, "a.html", page)
    assert [text for text in FERRY.paragraphs if text not in article.text] == []


def test_a_standfirst_may_stand_above_byline_and_date(tmp_path: Path) -> None:
    lines = (
        "Workers had hoped for a buyer",
        "Ann Lee, business editor",
        "By Jon Ferris",
        "11 March 2019 • 9:15am | 5 min read",
        "It shut.",
        "Rain fell.",
    )
    for name, content in {"a.docx": word_of("Mill shuts", lines), "a.md": "\n\n".join(("# Mill shuts", *lines))}.items():
        article = read(tmp_path, name, content)
        assert (article.title, article.date) == ("Mill shuts", "2019-03-11")
        assert body(article) == (*lines[:2], *lines[4:])


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("Download our app", True),
        ("Sign up to our newsletter for daily updates.", True),
        ("Download the app or lose your benefits, the agency wrote to 4,000 pensioners in June.", False),
        ("Follow us on Facebook, the shop's sign says, but its page was deleted in March.", False),
        ("Related: the firm also sold its share in the quarry to a rival.", False),
    ],
)
def test_a_sentence_that_begins_like_a_call_is_none(line: str, is_one: bool) -> None:
    assert is_call(line) == is_one
    assert find_wall(["It shut.", "Register by Friday to access the fund, the ministry told farmers.", line]) is None


def test_a_date_that_can_be_read_in_two_ways_is_none_and_is_told(tmp_path: Path) -> None:
    for name, text in {
        "line.md": "# Mill shuts\n\nPublished: 03/04/2024\n\nIt shut.\n\nRain fell.",
        "front.md": "---\ndate: 03/04/2024\n---\n# Mill shuts\n\nIt shut.\n\nRain fell.",
        "row.jsonl": json.dumps({"title": "Mill shuts", "date": "03/04/2024", "text": "It shut.\nRain fell."}),
    }.items():
        article = read(tmp_path, name, text)
        assert (article.date, body(article)) == (None, ("It shut.", "Rain fell."))
        assert len(article.warnings) == 1
        assert "'03/04/2024'" in article.warnings[0]
        assert "expected YYYY-MM-DD" in article.warnings[0]


GIVEN: tuple[str | float, ...] = (
    "22 November 2024",
    "November 22, 2024",
    "22/11/2024",
    "11/22/2024",
    "2024/11/22",
    "20241122",
    "2024-11-22T10:00:00+01:00",
    "Fri, 22 Nov 2024 10:00:00 GMT",
    1732269600,
    1732269600.5,
    1732269600000,
)


@pytest.mark.parametrize("given", GIVEN)
def test_the_date_of_a_row_or_of_front_matter_is_taken_however_it_is_written(tmp_path: Path, given: str | float) -> None:
    row = read(tmp_path, "a.jsonl", json.dumps({"date": given, "text": "It shut."}))
    page = read(tmp_path, "a.md", f"---\ndate: {given}\n---\nIt shut.")
    assert (row.date, row.warnings, page.date, page.warnings) == ("2024-11-22", (), "2024-11-22", ())


@pytest.mark.parametrize("given", ["03/04/2024", "soon", "March 2024", "2024", "2024-02-31", True, [2024], 7])
def test_what_is_no_date_for_certain_leaves_none_and_one_warning(tmp_path: Path, given: object) -> None:
    article = read(tmp_path, "a.jsonl", json.dumps({"date": given, "text": "It shut."}))
    assert article.date is None
    assert [warning.partition(" cannot")[0] for warning in article.warnings] == [f"the date {str(given)!r}"]


def test_cells_that_end_no_sentence_are_left_out(tmp_path: Path) -> None:
    rows = (("Month", "Flights"), ("May", "31"), ("The mill flew none.", "7"))
    cells = "".join(f"<w:tr>{''.join(f'<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>' for cell in row)}</w:tr>" for row in rows)
    text = "<w:p><w:r><w:t>It shut, they said.</w:t></w:r></w:p>"
    word = word_with(f"{text}<w:tbl>{cells}</w:tbl>{text}")
    (month, flights), *others = rows
    table = "\n".join((f"| {month} | {flights} |", "|---|---|", *(f"| {one} | {other} |" for one, other in others)))
    for name, content in {"a.docx": word, "a.md": f"It shut, they said.\n\n{table}\n\nIt shut, they said.\n"}.items():
        assert body(read(tmp_path, name, content)) == ("It shut, they said.", "The mill flew none.", "It shut, they said.")


def test_what_was_struck_out_of_a_word_file_stays_out_and_what_was_put_in_is_read(tmp_path: Path) -> None:
    struck = "<w:del><w:r><w:delText>May</w:delText></w:r></w:del><w:ins><w:r><w:t>June</w:t></w:r></w:ins>"
    article = read(tmp_path, "a.docx", word_with(f"<w:p><w:r><w:t>It shut in </w:t></w:r>{struck}<w:r><w:t>.</w:t></w:r></w:p>"))
    assert body(article) == ("It shut in June.",)


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


MHTML = """From: <Saved by Blink>
Snapshot-Content-Location: https://example.org/news/ferry.html
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="b"

--b
Content-Type: text/css
Content-Location: https://example.org/style.css

p {{ color: red }}
--b
Content-Type: text/html; charset="{charset}"
Content-Transfer-Encoding: quoted-printable
Content-Location: https://example.org/news/ferry.html

{page}
--b--
"""


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_a_page_saved_whole_in_one_file_is_read_with_its_address(tmp_path: Path, charset: str) -> None:
    page = article_tag(FERRY).replace("<meta charset='utf-8'>", "").encode(charset)
    content = MHTML.format(charset=charset, page=quopri.encodestring(page).decode()).encode()
    articles = (read(tmp_path, "a.mhtml", content), read(tmp_path, "a.MHT", content.replace(b"\n", b"\r\n")), *read_contents(content))
    for article in articles:
        assert isinstance(article, Article)
        assert (article.title, article.date, article.url) == (FERRY.title, FERRY.date, "https://example.org/news/ferry.html")
        assert body(article) == FERRY.paragraphs


def test_what_begins_as_a_list_of_objects_is_json_and_refused_where_no_file_name_tells() -> None:
    with pytest.raises(InputError, match=r"standard input: JSON; save it as \.jsonl"):
        list(read_contents(b'\n[ {"text": "The mill shut."}]', name="standard input"))
    (article,) = read_contents(b"[Reuters] The mill shut, its owner said.")
    assert article.text.startswith("[Reuters]")


def test_the_beginning_of_an_article_before_a_wall_is_refused_and_more_of_it_is_warned_of(tmp_path: Path) -> None:
    first, *rest = (f"<p>{text}</p>" for text in FERRY.paragraphs)
    wall = "<p>Subscribe to read the full story</p><p>Already a subscriber? Sign in</p>"
    page = "<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{}</article>{}</body></html>"
    for within, below in (
        (first + wall, ""),
        (first, f"<div class='barrier'>{wall}</div>"),
        (first + "<p>To continue reading, log in.</p>", ""),
    ):
        (tmp_path / "wall.html").write_text(page.format(within, below), encoding="utf-8")
        with pytest.raises(InputError, match="only the beginning of an article"):
            read_article(tmp_path / "wall.html")
    short = page.format(first + rest[0], "<div>Already a subscriber? Sign in</div><a>Sign in to continue</a>")
    assert body(read(tmp_path, "short.html", short)) == FERRY.paragraphs[:2]
    article = read(tmp_path, "most.html", page.format(first + "".join(rest) + wall, ""))
    assert body(article) == FERRY.paragraphs
    assert ["asks for a subscription" in warning for warning in article.warnings] == [True]


@pytest.mark.parametrize(
    "line",
    [
        "“Follow us on Friday,” the leader of the march told them.",
        "Read more carefully, the judge told the clerk, and the gate would have stayed open.",
        "Reporting by the union showed that the gates were locked.",
        "The story continues after the war, when the mill burnt down.",
        "To continue reading the law in this way would be wrong, the court said.",
        "Already a subscriber to its letters, he asked for more.",
    ],
)
def test_a_sentence_that_begins_as_a_call_to_readers_does_is_kept(tmp_path: Path, line: str) -> None:
    first, *rest = FERRY.paragraphs
    paragraphs = (first, line, *rest)
    assert body(read(tmp_path, "a.html", article_tag(Story(FERRY.title, FERRY.date, paragraphs)))) == paragraphs


def test_no_small_file_holds_the_reader_up(tmp_path: Path) -> None:
    paragraph = "<w:p><w:r><w:t>Hello</w:t></w:r></w:p>"
    huge = {
        "many.docx": (word_with(paragraph * 200_000), "too long"),
        "blank.docx": (word_with("<w:p/>" * 200_000), "too long"),
        "row.docx": (word_with(f"<w:tbl><w:tr>{f'<w:tc>{paragraph}</w:tc>' * 100_000}</w:tr></w:tbl>"), "no text"),
        "part.docx": (word_with(paragraph * 600_000), "unpacks to more than 20 MB"),
        "open.md": (b"[" * 900_000, "marks of Markdown"),
        "stars.md": (b"*a_ " * 220_000, "marks of Markdown"),
        "blocks.md": (b"*a_ *a_\n\n" * 50_000, "100,000 lines"),
        "open.html": (b"<b><p>" * 100_000, "elements in this page"),
        "parts.mhtml": (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n" + b"--b\n\n" * 500_000, "parts"),
    }
    for name, (content, words) in huge.items():
        (tmp_path / name).write_bytes(content)
        begun = process_time()
        with pytest.raises(InputError, match=words):
            read_article(tmp_path / name)
        assert process_time() - begun < 4, name


def test_a_long_word_file_is_read_in_a_moment(tmp_path: Path) -> None:
    begun = process_time()
    article = read(tmp_path, "long.docx", word_with("<w:p><w:r><w:t>The mill shut, its owner said.</w:t></w:r></w:p>" * 8_000))
    assert len(article.sentences) == 8_000
    assert process_time() - begun < 4


def bad_files() -> dict[str, tuple[bytes, str]]:
    from pypdf import PdfReader, PdfWriter

    locked, scan = PdfWriter(clone_from=PdfReader(BytesIO(pdf_of("T", ["Text."])))), PdfWriter()
    locked.encrypt("secret", algorithm="RC4-128")
    scan.add_blank_page(200, 200)
    written = {"locked.pdf": BytesIO(), "scan.pdf": BytesIO()}
    locked.write(written["locked.pdf"])
    scan.write(written["scan.pdf"])
    frame = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/css\n\np {}\n--b--\n"
    front = "<html><body>" + "".join(f"<a href='/{k}'>Story {k}</a> " for k in range(80)) + "</body></html>"
    return {
        "locked.pdf": (written["locked.pdf"].getvalue(), "without its password"),
        "scan.pdf": (written["scan.pdf"].getvalue(), "run OCR"),
        "handler.pdf": (written["locked.pdf"].getvalue().replace(b"/Standard", b"/PublicKy"), "protection or packing"),
        "packed.pdf": (pdf_of("T", ["Text."]).replace(b"<< /Length", b"<< /Filter /OddDecode /Length"), "protection or packing"),
        "picture.pdf": (print_of("A scan", []).replace(b"(A scan) Tj", b"() Tj"), "run OCR"),
        "empty.mhtml": (frame, "no page in this"),
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


def test_rtf_is_refused_where_no_file_name_tells() -> None:
    with pytest.raises(InputError, match=r"standard input: a word processor's file; save it as \.docx"):
        list(read_contents(rb"{\rtf1\ansi The mill shut, its owner said.}", name="standard input"))


def test_a_guessed_encoding_of_a_document_is_warned_of(tmp_path: Path) -> None:
    said = "The café at Liège won’t shut, said Zoë on Monday. “We stay,” she said."
    row = json.dumps({"text": said}, ensure_ascii=False)
    page = article_tag(FERRY).replace("<meta charset='utf-8'>", "").replace("</h1>", f"</h1><p>{said}</p>")
    for name, text in (("a.md", said), ("a.jsonl", row), ("a.html", page)):
        for encoding, is_told in (("mac_roman", True), ("cp1252", False), ("utf-8", False)):
            article = read(tmp_path, name, text.encode(encoding))
            assert any("a guess" in warning for warning in article.warnings) == is_told, (name, encoding)
    declared = page.replace("<head>", "<head><meta charset='macintosh'>")
    article = read(tmp_path, "a.html", declared.encode("mac_roman"))
    assert said in article.text
    assert not article.warnings
