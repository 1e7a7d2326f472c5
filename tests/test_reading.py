"""From bytes to sentences: every offset points at its words, whatever the file looks like."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrast.errors import InputError
from contrast.reading import read_article, read_text
from contrast.reading.language import MIN_WORDS, warn_of_language
from tests.conftest import ARTICLES, MILL


def test_title_date_and_address_are_taken_from_the_head(mill: Path) -> None:
    article = read_article(mill)
    assert (article.title, article.date, article.url) == ("Mill will stay open, owner says", "2024-03-12", "https://example.org/mill")
    assert article.sentences[0].text == article.title
    assert len(article.sentences) == 4


@pytest.mark.parametrize(
    ("text", "title", "n_sentences"),
    [
        ("Mill to close\n20240312\nThe mill will close. It is old.", "Mill to close", 3),
        ("Mill to close\nhttps://example.org/a\nThe mill will close.", "Mill to close", 2),
        ("Mill to close\n\nThe mill will close.", "Mill to close", 2),
        ("The mill will close, its owner said. It is old.", None, 2),
        ("The mill will close, its owner said.\nIt is old.", None, 2),
        ("20240312\nThe mill will close, its owner said.", None, 1),
    ],
)
def test_parts_of_the_head_may_be_missing(text: str, title: str | None, n_sentences: int) -> None:
    article = read_text(text)
    assert (article.title, len(article.sentences)) == (title, n_sentences)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_dropped_and_nothing_else(encoding: str) -> None:
    text = "“No,” said Zoë.\r\nThe café shut on Friday.\r\n"
    assert read_text(text.encode(encoding)).text == text


def test_other_encodings_are_recognised() -> None:
    text = "Die Mühle bleibt geöffnet, sagte der Bürgermeister über die Brücke. Die Löhne würden erhöht. " * 5
    assert "Mühle" in read_text(text.encode("cp1252")).text


def test_windows_line_ends_keep_the_offsets_right() -> None:
    article = read_text(MILL.replace("\n", "\r\n"))
    assert article.title == "Mill will stay open, owner says"
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)


@given(st.text(alphabet=st.sampled_from("ab .!?\"'“”\r\n0123é—"), min_size=1, max_size=200))
def test_every_sentence_is_what_its_offsets_point_at(text: str) -> None:
    try:
        article = read_text(text)
    except InputError:
        return
    assert all(article.text[s.start : s.end] == s.text and s.text == s.text.strip() for s in article.sentences)
    ends = [0, *(s.end for s in article.sentences)]
    assert all(end <= s.start for end, s in zip(ends, article.sentences, strict=False))


def test_quotes_curly_straight_or_stripped_split_alike() -> None:
    curly = "“We are leaving,” said Mr. Odun. “Nobody stays.” The gate shut at 6 p.m. on Friday."
    straight = curly.replace("“", '"').replace("”", '"')
    stripped = straight.replace('"', "")
    assert [len(read_text(text).sentences) for text in (curly, straight, stripped)] == [3, 3, 3]


def words_of(text: str) -> list[str]:
    """The sentences that are read from a text, each on one line."""
    article = read_text(text)
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    return [" ".join(s.text.split()) for s in article.sentences]


def broken(text: str, width: int, ending: str, *, is_filled: bool) -> str:
    """The text broken into lines of at most that width; a filled one keeps the space at which it was broken, as `fold -s` does."""
    pieces = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""] for line in text.split("\n")]
    return ending.join((" " + ending if is_filled else ending).join(of_line) for of_line in pieces)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(ARTICLES.glob("[bp]*.txt"))),
    st.integers(min_value=45, max_value=100),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_text_broken_to_fit_a_width_reads_as_before(path: Path, width: int, ending: str, is_filled: bool) -> None:
    text = path.read_text(encoding="utf-8")
    whole, parts = words_of(text), words_of(broken(text, width, ending, is_filled=is_filled))
    # A line may end on "Mr." or "No." before a number, or be full and end a heading.
    assert len(set(whole) - set(parts)) <= 2, sorted(set(whole) - set(parts))


def test_a_blank_line_ends_a_paragraph_of_a_broken_text() -> None:
    body = textwrap.fill("The mill at Orsk will stay open through the winter, its owner promised. " * 8, 72)
    title = "The mill at Orsk will stay open through the whole of the winter"
    article = read_text(f"{title}\n\n{body}\n\n{title}\n\n{body}\n")
    assert article.title == title
    assert len(article.sentences) == 18


def test_a_broken_text_is_understood_as_before(checker: Any) -> None:
    text = (ARTICLES / "b-marshport-cameras.txt").read_text(encoding="utf-8")
    before, after = (checker.check_text(one) for one in (text, broken(text, 72, "\n", is_filled=True)))
    for one, other in ((before.statements, after.statements), (before.observations, after.observations)):
        assert [" ".join(side.text.split()) for side in other] == [side.text for side in one]
    assert [(s.speaker, s.kind, s.verdict) for s in after.statements] == [(s.speaker, s.kind, s.verdict) for s in before.statements]
    assert any(s.speaker and s.speaker not in s.text and s.speaker in " ".join(s.text.split()) for s in after.statements)
    pairs = [[(p.statement, p.observation, p.probabilities.contradiction) for p in report.pairs] for report in (before, after)]
    assert [pair[:2] for pair in pairs[0]] == [pair[:2] for pair in pairs[1]]
    assert all(abs(one[2] - other[2]) < 0.001 for one, other in zip(*pairs, strict=True))


def test_no_sentence_runs_over_a_line_break_that_fits_no_width() -> None:
    for path in sorted(ARTICLES.glob("*.txt"))[::5]:
        assert not [sentence.text for sentence in read_article(path).sentences if "\n" in sentence.text]


def test_short_lines_that_have_room_are_not_joined() -> None:
    verse = "Points agreed\n\nStop the shelling\nOpen the bridge at Orsk to everybody\nPay\nReturn the boats\nTalk again in May\n"
    assert len(words_of(verse)) == 6


def test_a_text_in_another_language_is_warned_of_and_english_is_not() -> None:
    others = (
        "Das Ministerium hat am Dienstag erklärt, dass die Truppen sich aus der Stadt zurückziehen. ",
        "Le ministère a déclaré mardi que les troupes se retiraient de la ville, ce que nie le maire. ",
        "El ministerio dijo el martes que las tropas se retiraban de la ciudad, lo que niega el alcalde. ",
        "Министерство заявило во вторник, что войска отходят из города, мэр это отрицает. ",
    )
    for text in others:
        assert "not look like English" in read_text(text * 6).warnings[0]
    assert not read_text(MILL).warnings
    assert [path.name for path in ARTICLES.glob("*.txt") if read_article(path).warnings] == []


@pytest.mark.parametrize(
    "text",
    [
        "外交部说军队撤出。",
        "Мэр отрицает.",
        "Die Mühle bleibt offen, sagte die Eigentümerin. Am Freitag war das Tor in Orsk verschlossen. Arbeiter standen davor und warteten.",
        "Le ministère a déclaré mardi que les troupes se retiraient. Des habitants ont vu des colonnes près du pont. Le maire dément.",
        "El ministerio dijo el martes que las tropas se retiraban. Los vecinos vieron columnas junto al puente. El alcalde lo niega.",
        "Bakanlık salı günü birliklerin çekildiğini açıkladı. Sakinler köprüde araç konvoyları gördü. Belediye başkanı bunu yalanladı dün.",
    ],
)
def test_a_few_sentences_in_another_language_are_warned_of(text: str) -> None:
    assert "not look like English" in read_text(text).warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "Mill shuts",
        "The ministry said 军队撤出城市. It did not.",
        "Anna Keller, Jonas Wirth, Maria Lund, Peter Amsel, Ola Brandt, Ruth Calder and Dana Wirth voted no on Monday. Mo Farah abstained.",
        "Mayor Rafael Ortiz Mendoza of San Pedro de la Cruz, El Paso, Los Angeles and La Paz met Ursula von der Leyen in Den Haag.",
        "Arsenal 2, Chelsea 1; Liverpool 3, Everton 0; Leeds United 1, Manchester City 4 in Premier League matches played on Saturday.",
    ],
)
def test_a_few_english_words_with_many_names_are_not_warned_of(text: str) -> None:
    assert not read_text(text).warnings


def test_the_beginnings_of_our_articles_are_not_warned_of() -> None:
    for path in sorted(ARTICLES.glob("*.txt"))[::10]:
        beginning = ""
        for sentence in read_article(path).sentences[:4]:
            beginning += f"{sentence.text}\n"
            assert list(warn_of_language(beginning)) == [], beginning
        assert len(beginning.split()) > MIN_WORDS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"\x89PNG\x00\x00\x01", "binary"),
        (b"\xff\xfeA", "broken UTF-16"),
        (b"... --- !!!", "no sentence"),
        (b"a" * 1_000_001, "split it"),
        (b"word " * 10_001, "a sentence of 50,004 characters"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_text(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_utf_32_and_utf_16_are_told_apart_by_their_marks(encoding: str) -> None:
    text = "“No,” said Zoë.\r\nThe café shut on Friday.\r\n"
    article = read_text(f"\ufeff{text}".encode(encoding))
    assert (article.text, article.warnings) == (text, ())
    assert all(text[s.start : s.end] == s.text for s in article.sentences)


@pytest.mark.parametrize(
    "text",
    [
        "The café at Liège would stay open, said Zoë Müller. “We are leaving,” she said – on Monday. The mill paid £5 a day.",
        "He’s in São Paulo, where it’s 30°C; “naïve”, they said… The mill has 5 km² of land and €6 of debt.",
        "“The gate at Spaß” was shut, and so was the CAFÉ”, its owner said. She walked home with the workers on Monday.",
    ],
)
def test_windows_1252_is_read_as_it_was_written_without_a_warning(text: str) -> None:
    article = read_text(text.encode("cp1252"))
    assert (article.text, article.warnings) == (text, ())


def test_articles_of_ours_in_windows_1252_are_read_as_they_were_written() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.glob("*.txt"))]
    written = [text for text in texts if not text.isascii() and "?" not in text.encode("cp1252", "replace").decode("cp1252")]
    assert len(written) > 100
    for text in written[::4]:
        article = read_text(text.encode("cp1252"))
        assert (article.text, article.warnings) == (text, ())


@pytest.mark.parametrize("stray", [b"\xff", b"\xff\xfe\xfa\x80\x81\x8d", b"\xe9", b"\xe2\x80"])
def test_a_few_bytes_that_are_not_utf_8_in_a_text_that_is_are_refused_with_their_place(stray: bytes) -> None:
    content = (
        "“No,” said Zoë.\nThe café shut ".encode()
        + stray
        + "on Friday.\nIt is shut – still, and its owner has left the town with her money.".encode()
    )
    with pytest.raises(InputError, match=rf"not UTF-8 in a text that is \(the first, 0x{stray[0]:02X}, in line 2\)"):
        read_text(content)


@pytest.mark.parametrize(
    "content",
    [
        MILL.replace("Rain", "Rain * ").encode().replace(b"*", b"\xff\xfe\xfa\x80\x81\x8d"),
        "The café at Liège won’t shut, said Zoë. “We stay,” she said.".encode("mac_roman"),
        "The café at Liège will shut, said Zoë Müller.".encode("cp850"),
        "Wałęsa said that the shipyard at Gdańsk would stay open. Nothing was closed in Łódź.".encode("cp1250"),
    ],
)
def test_a_doubtful_guess_at_an_encoding_is_warned_of_with_its_name(content: bytes) -> None:
    article = read_text(content)
    assert sum("not UTF-8; read as " in warning and "a guess" in warning for warning in article.warnings) == 1


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251", "iso8859-5"])
def test_an_encoding_that_its_language_tells_is_not_warned_of_as_a_guess(encoding: str) -> None:
    text = "Министерство заявило во вторник, что войска отходят из города, мэр это отрицает, а жители видели колонны у моста. " * 5
    article = read_text(text.encode(encoding))
    assert article.text == text
    assert [warning for warning in article.warnings if "guess" in warning] == []


@pytest.mark.parametrize("address", ["HTTP://EXAMPLE.ORG/MILL", "Https://example.org/mill", "WWW.example.org/mill"])
def test_an_address_in_capitals_is_one_all_the_same(address: str) -> None:
    article = read_text(MILL.replace("https://example.org/mill", address))
    assert article.url == address
    assert len(article.sentences) == 4


@pytest.mark.parametrize("date", ["20231345", "2023-02-30", "20240000", "00000000"])
def test_a_date_that_cannot_be_is_no_sentence_and_is_warned_of(date: str) -> None:
    article = read_text(MILL.replace("20240312", date))
    assert (article.title, article.date, article.url) == ("Mill will stay open, owner says", None, "https://example.org/mill")
    assert [sentence.text for sentence in article.sentences] == [sentence.text for sentence in read_text(MILL).sentences]
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    (warning,) = article.warnings
    assert f"the date {date!r} cannot be" in warning


def test_a_date_stands_beside_a_number_that_looks_like_one() -> None:
    article = read_text(MILL.replace("20240312", "20231345\n20240312"))
    assert (article.date, article.warnings) == ("2024-03-12", ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html><body><p>The army said it would stop.</p></body></html>", "HTML, the code of a web page; save it as .html"),
        ("\ufeff\n<!DOCTYPE html>\n<p>The army said it would stop.", "HTML, the code of a web page; save it as .html"),
        (r"{\rtf1\ansi The army said it would stop. On Monday it fired.}", "save it as .docx, .txt or PDF"),
        ('{"text": "The army said it would stop."}', "save it as .jsonl"),
        ("%PDF-1.4 The army said it would stop.", "save it as .pdf"),
    ],
)
def test_what_begins_as_another_kind_of_file_is_not_read_as_prose(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "army.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_article(path)
    with pytest.raises(InputError, match=words):
        read_text(content)


def test_words_in_angle_brackets_or_braces_are_prose() -> None:
    for text in ("<The mill> will shut, its owner said.", "{sic} The mill will shut, its owner said.", "HTML is old, the owner said."):
        assert read_text(text).text == text
