"""Why a contrast was flagged: words that carry it, checks, and whether a report's explanations can be computed again."""

import json
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from contrast.calibration import Calibration
from contrast.cli import app
from contrast.dates import find_dates
from contrast.days import resolve
from contrast.explaining import N_TOGETHER, explain
from contrast.explaining.amounts import find_amounts
from contrast.explaining.checks import check_actor, check_place, check_quantity, check_time
from contrast.explaining.spans import Surroundings
from contrast.explaining.words import Omission, content_words, leave_out, without
from contrast.labels import StatementKind
from contrast.rendering import Provenance, as_text
from contrast.rendering.as_json import as_object
from contrast.rendering.from_json import as_report
from contrast.rendering.html import as_html
from contrast.schema import Check, Explanation, ModelInfo, Observation, Progress, Report, Span, Statement
from contrast.scoring.framing import Framed, frame
from contrast.scoring.scorer import FramedPair
from contrast.settings import CheckSettings
from contrast.timing import are_out_of_time
from contrast.verifying import verify_page
from tests.conftest import ARTICLES, NIGHTS
from tests.test_cli import SCHEMA
from tests.test_rendering import GOLDEN, report
from tests.test_report import Page, change_data

CAPITALS = frozenset(["Ada", "Holm", "Veld", "Timber", "Orsk", "North", "South", "Dalwich", "Trask"])
AROUND = Surroundings("2024-03-12", ("Ada Holm", "Veld Timber", "North Veld", "Dalwich mayor"), CAPITALS)


class KeywordScorer:
    """Finds a contradiction as far as certain words stand on either side: what carries it is known beforehand."""

    def __init__(self, weights: dict[str, float]) -> None:
        self.info = ModelInfo("keywords", "1", "0" * 64, "none")
        self.calibration = Calibration.plain()
        self._weights = weights

    def logits(self, pairs: Sequence[FramedPair]) -> Any:
        found = [f"{pair.premise.text} {pair.hypothesis.text}" for pair in pairs]
        sums = [sum(weight for word, weight in self._weights.items() if word in text) for text in found]
        return np.array([[0.0, 0.0, total] for total in sums], dtype=np.float32)


def explanation_of(told: Report, weights: dict[str, float]) -> Explanation:
    explained = explain(told, KeywordScorer(weights)).contrasts[0].explanation
    assert explained is not None
    return explained


def test_the_words_that_move_the_score_are_shown_and_neighbours_taken_together() -> None:
    found = explanation_of(report(), {"stay": 1.0, "open": 2.0, "chained": 0.5, "gates": 0.05})
    assert [(words.text, round(words.effect, 2)) for words in found.statement] == [("stay open", 3.0)]
    assert [(words.text, round(words.effect, 2)) for words in found.observation] == [("chained", 0.5)]
    assert found.probability_without < report().contrasts[0].probability


def test_words_that_lower_the_score_are_not_shown() -> None:
    found = explanation_of(report(), {"open": -2.0, "gates": 0.05})
    assert (found.statement, found.observation) == ((), ())
    assert found.probability_without == pytest.approx(0.81, abs=1e-3)


@given(st.text(), st.data())
def test_what_is_left_out_is_gone_and_nothing_else(text: str, data: st.DataObject) -> None:
    words = content_words(text)
    chosen = data.draw(st.lists(st.sampled_from(words), unique=True)) if words else []
    remaining = leave_out(text, chosen)
    assert len(remaining) == len(text) - sum(end - start for start, end in chosen)
    assert all(text[start:end].strip() for start, end in words)


def test_a_speaker_who_is_left_out_does_not_come_back_before_the_sentence() -> None:
    pair = FramedPair(Framed("It shut."), Framed("Holm said it would run.", speaker="Holm"))
    assert frame(without(pair, Omission(statement=((0, 4),))).hypothesis) == "said it would run."
    unnamed = FramedPair(Framed("It shut."), Framed("It will run.", speaker="Holm"))
    assert frame(without(unnamed, Omission(statement=((8, 11),))).hypothesis) == "Holm: It will ."


def test_moved_probabilities_are_those_that_the_moved_logits_would_have_given() -> None:
    rng = np.random.default_rng(0)
    before, after, circumstances, neighbours, times, weights = (
        rng.normal(size=size).astype(np.float32) for size in ((4, 3), (4, 3), (4, 5), (4, 8), (4,), (18, 3))
    )
    calibration = replace(Calibration.plain(), weights=weights)
    moved = calibration.moved(calibration.of_article(before, circumstances, neighbours, times), before, after)
    assert np.allclose(moved, calibration.of_article(after, circumstances, neighbours, times), atol=1e-4)


def sides(said: str, seen: str, *, kind: StatementKind = "intention", speaker: str | None = "Ada Holm") -> tuple[Statement, Observation]:
    return Statement("s1", 0, kind, said, 0, len(said), speaker, 0.9), Observation("o1", 1, seen, 100, 100 + len(seen), None, 0.9)


@pytest.mark.parametrize(
    ("said", "seen", "kind", "outcome"),
    [
        ("On Friday Ada Holm promised to keep the mill open.", "On Monday the gates were chained.", "intention", "pass"),
        ("On Monday Ada Holm promised to keep the mill open.", "On Friday the gates were chained.", "intention", "fail"),
        ("Ada Holm promised to keep the mill open.", "On Friday the gates were chained.", "intention", "unknown"),
        ("On Monday Ada Holm promised to keep the mill open.", "The gates were chained.", "intention", "unknown"),
        ("The mill will run until 3 March 2024, Holm said.", "On 9 March the gates were chained.", "intention", "fail"),
        ("The mill will run until 1 May, Holm said.", "On 9 March the gates were chained.", "intention", "unknown"),
        ("The wage will rise by 1 May, Holm said on Monday.", "On Tuesday the wage was as before.", "intention", "fail"),
        ("Not a log has been cut since January 2024, Holm said.", "On 2 February 40 logs lay in the yard.", "claim", "pass"),
        ("Not a log has been cut since January 2024, Holm said.", "In May 2023 40 logs lay in the yard.", "claim", "fail"),
        ("Pictures taken since 2017 will be deleted, Holm said.", "On 2 February 40 pictures were kept.", "intention", "unknown"),
        ("Holm said on Monday that no log was cut.", "On Friday 40 logs lay in the yard.", "claim", "unknown"),
        ("On Monday Ada Holm promised to open the gates.", "The gates have been chained since February.", "intention", "unknown"),
        ("On Monday Ada Holm promised to open the gates.", "The mill, built in 1903, was shut.", "intention", "unknown"),
        ("On Monday Ada Holm promised to open the gates.", "In 2021 the gates were chained.", "intention", "fail"),
        ("Not a log was cut before March 2024, Holm said.", "In March 2024 40 logs lay in the yard.", "claim", "fail"),
        ("The mill will run until March 2024, Holm said.", "On 9 March the gates were chained.", "intention", "unknown"),
        ("The mill will run before March 2024, Holm said.", "On 9 March the gates were chained.", "intention", "fail"),
        ("No complaint came in by the end of January, Holm said.", "The list shows a complaint of 3 January.", "claim", "unknown"),
        ("Holm will pay all who lost homes in the flood of 3 March.", "In February nobody was paid.", "intention", "unknown"),
        ("The road will be mended ahead of the race on 5 April.", "On Monday it was full of holes.", "intention", "unknown"),
        ("The mill, which opened in 1974, will stay open, Holm said.", "In 1985 a fire shut it.", "intention", "unknown"),
        ("The mill will run before March 2024, Holm said.", "Before 9 March the gates were chained.", "intention", "unknown"),
        ("The mill will run from 1 to 5 March, Holm said.", "On 2 March the gates were chained.", "intention", "pass"),
        ("The mill will run from 1 to 5 March, Holm said.", "On 9 March the gates were chained.", "intention", "fail"),
        ("The mill will run from 8 March, Holm said.", "From 1 March to 4 March the gates were chained.", "intention", "fail"),
        ("Holm said on Monday 4 March that she would keep the mill open.", "On 8 March the gates were chained.", "intention", "pass"),
        ("On Monday, March 4, Holm promised to keep the mill open.", "On Thursday the gates were chained.", "intention", "pass"),
        ("It will shut before the end of March, Holm said on Friday.", "On Sunday 40 workers were in the mill.", "intention", "pass"),
        ("It will shut before the start of March, Holm said.", "On Sunday 40 workers were in the mill.", "intention", "fail"),
        ("It will run until the start of March, Holm said.", "On 1 March the gates were chained.", "intention", "fail"),
        ("Holm said on Friday that it will run until the start of April.", "On 9 March the gates were chained.", "intention", "pass"),
        ("Holm said all would be repaid by the end of March.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by the end of 2024.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by the end of this month.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid at the end of March.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by mid-April.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by late April.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by the end of next week.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said all would be repaid by the end of February.", "On Monday only 40 were repaid.", "intention", "fail"),
        ("Holm said on Friday that 38 would fly.", "The list for April shows 21 flights, down from 38 in October.", "intention", "pass"),
        ("No flight was cut in October, Holm said.", "The list shows 21 flights, down from 38 in October.", "claim", "unknown"),
        ("No flight was cut in October, Holm said.", "On Monday 21 flew, fewer than in October.", "claim", "fail"),
        ("Holm said on Friday that 38 would fly.", "On Monday 21 flew, compared with 38 last week.", "intention", "pass"),
        ("Holm said on Friday that 38 would fly.", "Only 21 flew, down from 38 a year ago.", "intention", "unknown"),
        ("No shot was fired on Sunday.", "On Sunday 31 shells fell.", "claim", "pass"),
        ("No shot was fired on Sunday, the army said.", "On Friday 31 shells fell.", "claim", "fail"),
        ("The army said no shot was fired on Sunday.", "On Sunday 31 shells fell.", "claim", "pass"),
        ("The army said on Sunday that no shot was fired.", "On Friday 31 shells fell.", "claim", "unknown"),
        ("No shot was fired in February, the army said on Sunday.", "On 20 February 31 shells fell.", "claim", "pass"),
        ("No shot was fired in February and March.", "On 20 February 31 shells fell.", "claim", "pass"),
        ("No shot was fired last year.", "On 20 February 31 shells fell.", "claim", "fail"),
        ("No shot was fired this year.", "On 20 February 31 shells fell.", "claim", "pass"),
        ("No shot was fired in 2024.", "On 20 December 31 shells fell.", "claim", "fail"),
        ("The mill, built in 1903, has cut no log.", "On 20 February 31 logs were cut.", "claim", "unknown"),
        ("Terlinden told a meeting of members of the fund in Orsk on Friday that none was paid.", "On Monday 40 were.", "claim", "unknown"),
        ("None was paid, Terlinden told a meeting of members of the fund in Orsk on Friday.", "On Monday 40 were.", "claim", "unknown"),
        ("Holm said that its saws left in February and that none had returned.", "On 9 March 31 saws ran.", "claim", "unknown"),
        ("The army claims that no shot was fired in February.", "On 20 February 31 shells fell.", "claim", "pass"),
        ("Army: No shot was fired in February.", "On 20 February 31 shells fell.", "claim", "pass"),
        ("Sunday's rain cost no jobs.", "On 20 February 31 workers were sent home.", "claim", "unknown"),
        ("The law of 2021 has cost no jobs.", "On 20 February 31 workers were sent home.", "claim", "unknown"),
        ("No shot was fired before March, the army said.", "On 20 February 31 shells fell.", "claim", "pass"),
    ],
)
def test_time_passes_fails_or_is_unknown(said: str, seen: str, kind: StatementKind, outcome: str) -> None:
    assert check_time(*sides(said, seen, kind=kind), AROUND).outcome == outcome


def test_out_of_time_is_what_fails_the_check_of_time() -> None:
    said, seen = sides("On Monday Ada Holm promised to keep the mill open.", "On Friday the gates were chained.")
    later = replace(seen, id="o2", text="On Tuesday the gates were chained.")
    undated = replace(seen, id="o3", text="The gates were chained.")
    pairs = [(said, later), (said, seen), (said, undated)]
    outcomes = [check_time(*pair, AROUND).outcome for pair in pairs]
    assert outcomes == ["pass", "fail", "unknown"]
    assert are_out_of_time(pairs, AROUND.date).tolist() == [0.0, 1.0, 0.0]
    assert are_out_of_time(pairs, None).tolist() == [0.0, 0.0, 0.0]
    assert are_out_of_time(pairs, "2022-02-31").tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("It shut on Tuesday.", "2024-03-12"),
        ("It shut on Wednesday.", "2024-03-06"),
        ("It shut yesterday.", "2024-03-11"),
        ("It shut last week.", "2024-03-04 to 2024-03-10"),
        ("It shut in March.", "2024-03-01 to 2024-03-31"),
        ("It shut in December.", "2023-12-01 to 2023-12-31"),
        ("It shut on 24 February 2022.", "2022-02-24"),
        ("It shut three weeks ago.", "2024-02-19 to 2024-02-25"),
        ("It shut in two months.", "2024-05-01 to 2024-05-31"),
        ("It shut last Tuesday.", "2024-03-05"),
        ("It shut next Tuesday.", "2024-03-19"),
        ("Next Monday it shut.", "2024-03-18"),
        ("It shut on 29 Feb. of all days.", "2024-02-29"),
        ("It shut last March.", "2024-03-01 to 2024-03-31"),
        ("It shut this year.", "2024-01-01 to 2024-12-31"),
        ("It shut last night.", "2024-03-11"),
        ("It shut on 13 March.", "2024-03-13"),
        ("It shut on 14 March.", "2023-03-14"),
        ("It shut from 1 to 5 March.", "2024-03-01 to 2024-03-05"),
        ("It shut on March 1-5, 2023.", "2023-03-01 to 2023-03-05"),
        ("It shut between 28th and 30th of December.", "2023-12-28 to 2023-12-30"),
        ("It shut on Monday 4 March.", "2024-03-04"),
        ("It shut on Monday, March 4, at noon.", "2024-03-04"),
        ("It shut on Sunday 7 January.", "2024-01-07"),
        ("It shut on Friday, 5 May 2023.", "2023-05-05"),
        ("It shut at the end of February.", "2024-02-20 to 2024-02-29"),
        ("It has been shut since the end of February.", "2024-02-29"),
        ("It has been shut since the start of February.", "2024-02-01"),
        ("It shut in early 2023.", "2023-01-01 to 2023-05-02"),
        ("It has been shut since mid-February.", "2024-02-15"),
        ("It shut late last month.", "2024-02-20 to 2024-02-29"),
        ("It shut from March to May 2023.", "2023-03-01 to 2023-05-31"),
        ("It shut between November and February.", "2023-11-01 to 2024-02-29"),
        ("It shut from March to May.", "2023-03-01 to 2023-05-31"),
    ],
)
def test_dates_are_counted_from_that_of_the_article(words: str, days: str) -> None:
    (dated,) = find_dates(words)
    assert str(resolve(dated, "2024-03-12", "past")) == days


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("It shut from 1 March to 5 April 2023.", [("from", "2023-03-01"), ("until", "2023-04-05")]),
        ("It shut between March 2022 and May 2023.", [("from", "2022-03-01 to 2022-03-31"), ("until", "2023-05-01 to 2023-05-31")]),
        ("It shut on 1 March and 5 March.", [("at", "2024-03-01"), ("at", "2024-03-05")]),
        ("It is open Monday to Friday.", []),
    ],
)
def test_two_dates_are_the_ends_of_a_time_where_the_words_between_say_so(words: str, ends: list[tuple[str, str]]) -> None:
    assert [(dated.bound, str(resolve(dated, "2024-03-12", "past"))) for dated in find_dates(words)] == ends


def test_a_month_that_is_not_over_may_still_be_meant() -> None:
    (by_march,) = find_dates("It will shut by March.")
    assert str(resolve(by_march, "2024-03-12", "future")) == "2024-03-01 to 2024-03-31"


@pytest.mark.parametrize(
    ("words", "bound"),
    [
        ("None has sailed since the ban of 2017.", "since"),
        ("None will sail before a vote on Friday.", "before"),
        ("None will sail until Friday.", "until"),
        ("A log disclosed to us on Friday lists ten sails.", "said"),
        ("The mayor said on Friday that none sailed.", "said"),
        ("The mayor said none was sailing on Friday.", "at"),
        ("On Friday none sailed, the mayor said.", "at"),
        ("Ten sailed, up 3% on last year.", "than"),
        ("More sailed than in October.", "than"),
        ("Sailings went up 3% on Friday.", "at"),
        ("The sailors woke up on Friday.", "at"),
        ("Ten sailed, fewer than the 38 ships in October.", "than"),
        ("Ten sailed, against 38 in October.", "than"),
        ("Sailings fell from 38 ships in October.", "than"),
        ("Fewer than 40 ships sailed in October.", "at"),
        ("None will sail later than Friday.", "at"),
        ("The list for October shows ten.", "for"),
    ],
)
def test_what_a_date_bounds_is_told_by_the_words_before_it(words: str, bound: str) -> None:
    assert [dated.bound for dated in find_dates(words)] == [bound]


@given(
    st.dates(),
    st.sampled_from(
        ["last week", "next year", "999 years ago", "in 12 months", "29 February", "last night", "Friday", "in May", "next March"]
    ),
    st.sampled_from(["past", "future", "nearest"]),
)
def test_no_date_of_an_article_is_too_early_or_too_late(day: date, words: str, direction: Any) -> None:
    for dated in find_dates(f"It shut {words}."):
        days = resolve(dated, str(day), direction)
        assert days is None or days.first <= days.last


def test_without_the_date_of_the_article_only_whole_dates_are_known() -> None:
    (weekday,), (whole,) = find_dates("It shut on Friday."), find_dates("It shut on May 3, 2021.")
    assert resolve(weekday, None, "past") is None
    assert str(resolve(whole, None, "past")) == "2021-05-03"


def test_a_verb_or_a_number_is_no_date() -> None:
    assert not list(find_dates("They may march 40 miles; 2024 boots and the last night bus were there."))
    assert not list(find_dates("It shut two days earlier, 3,000 days ago."))


@pytest.mark.parametrize(
    ("said", "seen", "outcome"),
    [
        ("All 240 workers will stay.", "On Friday 83 workers were left.", "pass"),
        ("All 240 workers will stay.", "On Friday 240 workers were at the gate.", "fail"),
        ("No one waits longer than 65 weeks.", "She has waited 81 weeks.", "pass"),
        ("No one waits longer than 65 weeks.", "She has waited 12 weeks.", "fail"),
        ("At least 4 km of road will be paved.", "Only 2,500 metres have been paved.", "pass"),
        ("All 240 workers will stay.", "One hundred and fifty workers left on Friday.", "unknown"),
        ("The mill will get € 5 million.", "The mill got €3 million.", "pass"),
        ("At least 4 km of road will be paved.", "Only 2.5km have been paved.", "pass"),
        ("Waiting lists will not exceed 40 weeks.", "She has waited 61 weeks.", "pass"),
        ("Waiting lists will not exceed 40 weeks.", "She has waited 12 weeks.", "fail"),
        ("Not only will 300 homes be built.", "Only 40 homes were built.", "pass"),
        ("There is no doubt that 400 flats will be ready.", "Only 80 flats were ready.", "pass"),
        ("At least 4 km of road will be paved.", "Cars may go at 2km/h.", "unknown"),
        ("All 240 workers will stay.", "One of the workers left on Friday.", "unknown"),
        ("All 240 workers will stay.", "Only one of the workers was left on Friday.", "pass"),
        ("All 240 workers will stay.", "On Friday 83 lorries left.", "unknown"),
        ("All 240 workers will stay.", "In 2024 the gates were chained.", "unknown"),
        ("Between 300 and 400 workers will stay.", "On Friday 350 workers were left.", "fail"),
        ("It will keep 300 to 400 workers.", "On Friday 350 workers were left.", "fail"),
        ("It will keep 300-400 workers.", "On Friday 350 workers were left.", "fail"),
        ("It will keep from 300 to 400 workers.", "On Friday 350 workers were left.", "fail"),
        ("Between 300 and 400 workers will stay.", "On Friday 500 workers were left.", "pass"),
        ("It will keep 300-400 workers.", "On Friday 500 workers were left.", "pass"),
        ("At most 200 workers will go.", "More than 200 workers went.", "pass"),
        ("At least 40 workers will stay.", "Fewer than 40 workers stayed.", "pass"),
        ("Fewer than 200 workers will go.", "On Friday 200 workers went.", "pass"),
        ("More than 200 workers will stay.", "On Friday 200 workers were left.", "pass"),
        ("At most 200 workers will go.", "On Friday 200 workers went.", "fail"),
        ("It will hire 240 new workers.", "It has bought 83 new lorries.", "unknown"),
        ("It will hire 240 new workers.", "It has hired 83 workers.", "pass"),
        ("There will be 38 weekly flights.", "There are 21 weekly ferries.", "unknown"),
        ("There will be 38 weekly flights.", "There are 21 weekly Kestrel Air flights.", "pass"),
        ("There were 12 deaths.", "The number fell from 40 deaths to 12 deaths.", "fail"),
        ("There were 12 deaths.", "The number fell from 40 to 12 deaths.", "fail"),
        ("There were 12 deaths.", "There were 12 deaths, down from 40 deaths.", "fail"),
        ("No soldier crossed the river.", "Twelve soldiers crossed the river.", "pass"),
        ("Not a single boat left.", "Three boats left.", "pass"),
        ("There were no boats.", "Three boats left.", "pass"),
        ("Three boats will leave.", "Not a single boat left.", "pass"),
        ("No boat left.", "No boats left.", "fail"),
        ("No more than 12 soldiers crossed the river.", "Nine soldiers crossed the river.", "fail"),
        ("Turnout fell by 12 per cent.", "There was a rise of 12 per cent.", "unknown"),
        ("Turnout fell by 12 per cent.", "There was a fall of 12 per cent.", "fail"),
        ("Turnout fell by 12 per cent.", "Turnout was down 4%.", "pass"),
        ("Turnout fell by 4%.", "Turnout was 71%.", "unknown"),
        ("Turnout will be 71%.", "Turnout was 54 per cent.", "pass"),
        ("There will be 40 more workers.", "There were 12 workers.", "unknown"),
        ("The hall has 40 square metres.", "The hall is 12 metres long.", "unknown"),
    ],
)
def test_quantity_passes_fails_or_is_unknown(said: str, seen: str, outcome: str) -> None:
    assert check_quantity(*sides(said, seen), AROUND).outcome == outcome


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        ("On the strip two Norwind aircraft landed.", ["two Norwind aircraft"]),
        ("It has 21 weekly Kestrel Air.", []),
        ("It sold 40 sales jobs and 1 new boat sank.", ["40 sales jobs", "1 new boat"]),
        ("Between 3 and 4 million euros went.", ["Between 3 and 4 million euros"]),
    ],
)
def test_an_amount_ends_with_what_is_counted(sentence: str, amounts: list[str]) -> None:
    assert [amount.text for amount in find_amounts(sentence)] == amounts


@pytest.mark.parametrize(
    ("said", "seen", "outcome"),
    [
        ("The mill in Orsk will stay open.", "Gates were chained in Orsk on Friday.", "pass"),
        ("No tree north of Orsk will be cut.", "Trees lay cut south of Orsk on Friday.", "fail"),
        ("The mill in Orsk will stay open.", "Gates were chained in Veld on Friday.", "unknown"),
        ("The mill will stay open.", "Gates were chained in Orsk on Friday.", "unknown"),
        ("The mill in Port Orsk will stay open.", "Gates were chained in Orsk on Friday.", "pass"),
        ("The mill in Port Orsk will stay open.", "Gates were chained in Port Veld on Friday.", "unknown"),
        ("No tree north of Orsk will be cut.", "South of Orsk trees lay cut on Friday.", "fail"),
        ("The mill in North Orsk will stay open.", "Gates were chained in South Orsk on Friday.", "unknown"),
        ("The bank in New York will stay open.", "The branch in York was shut.", "unknown"),
        ("The bank in York will stay open.", "The branch in New York was shut.", "unknown"),
        ("The bank in New York will stay open.", "The branch in New York was shut.", "pass"),
        ("The school in Osk will stay open, the mayor of Veld said.", "The school in Veld was shut.", "unknown"),
        ("The mayor of Veld said the school in Osk will stay open.", "The school in Veld was shut.", "unknown"),
        ("The mayor of Veld said the school in Osk will stay open.", "The school in Osk was shut.", "pass"),
        ("The school will stay open, officials in Osk said.", "The school in Osk was shut.", "unknown"),
        ("The school in Dalwich will stay open.", "Reporters at the Dalwich Courier saw it shut.", "unknown"),
        ("The school in Orsk will stay open.", "Lena Orsk saw it shut.", "unknown"),
    ],
)
def test_place_passes_fails_or_is_unknown(said: str, seen: str, outcome: str) -> None:
    assert check_place(*sides(said, seen), AROUND).outcome == outcome


@pytest.mark.parametrize(
    ("speaker", "seen", "outcome"),
    [
        ("Ada Holm", "Holm had the gates chained on Friday.", "pass"),
        ("Ada Holm", "Veld Timber had its gates chained on Friday.", "fail"),
        ("Ada Holm", "The gates were chained on Friday.", "unknown"),
        ("the owner", "Veld Timber had its gates chained on Friday.", "unknown"),
        (None, "Holm had the gates chained on Friday.", "unknown"),
        ("the government of South Veld", "North Veld had its gates chained on Friday.", "fail"),
        ("the government of South Veld", "South Veld's gates were chained on Friday.", "pass"),
        ("John Smith", "Anna Smith sold her shares.", "unknown"),
        ("John Smith", "Mr Smith sold his shares.", "pass"),
        ("John Smith", "On Friday Smith sold his shares.", "pass"),
        ("John Smith", "Smithson sold his shares.", "unknown"),
        ("Ms Trask", "Records show that Ms Trask sold her shares.", "pass"),
        ("Veld Timber", "Osk Timber planted no trees.", "unknown"),
        ("Ada Holm", "Veld Timber planted no trees.", "fail"),
        ("Justice Department", "The Defence Department watched the harbour.", "unknown"),
        ("Northgate NHS Trust", "Southmoor NHS Trust sent 40 nurses home.", "unknown"),
        ("Northgate NHS Trust", "Northgate NHS Trust sent 40 nurses home.", "pass"),
        ("University of Osk", "The University of Veld sent 40 nurses home.", "unknown"),
        ("University of Osk", "The University of Osk sent 40 nurses home.", "pass"),
        ("Ms Trask", "Logs obtained by the Dalwich Courier show 40 trees.", "unknown"),
        ("Dalwich mayor", "Logs obtained by the Dalwich Courier show 40 trees.", "unknown"),
        ("Ada Holm", "The Dalwich Courier counted 40 trees.", "unknown"),
        ("National Rivers Agency", "The NRA issued no warning.", "pass"),
        ("the NRA", "The National Rivers Agency issued no warning.", "pass"),
        ("National Rivers Agency", "The NRB issued no warning.", "unknown"),
        ("Ada Holm", "No letter reached Holm.", "unknown"),
        ("Ada Holm", "Veld's Ada Holm sold her shares.", "pass"),
        ("UN", "The United Nations left the harbour.", "pass"),
        ("the rail workers", "The mill workers went home.", "unknown"),
        ("the rail workers", "The workers went home.", "pass"),
    ],
)
def test_actor_passes_fails_or_is_unknown(speaker: str | None, seen: str, outcome: str) -> None:
    assert check_actor(*sides("The mill will stay open.", seen, speaker=speaker), AROUND).outcome == outcome


@pytest.mark.parametrize(
    ("said", "seen", "outcome"),
    [
        ("Lena Orsk announced that aid would be let through to Tor.", "No convoy reached Tor.", "unknown"),
        ("Flights to Tallinn will go daily, Lena Orsk said.", "Flights to Tallinn were stopped.", "unknown"),
        ("Lena Orsk announced aid to Tor and Veld.", "On Friday Veld got nothing.", "unknown"),
        ("Lena Orsk announced that Veld Timber would be paid.", "Nothing was paid, and Veld Timber shut.", "pass"),
    ],
)
def test_what_both_sides_name_is_an_actor_where_it_is_no_goal(said: str, seen: str, outcome: str) -> None:
    assert check_actor(*sides(said, seen, speaker="Lena Orsk"), AROUND).outcome == outcome


def test_words_of_a_party_that_stand_apart_are_told_as_such() -> None:
    seen = "The Harbour board stopped the ferry that Harbour Lines runs, and Harbour Lines said nothing."
    check = check_actor(*sides("The mill will stay open.", seen, speaker="the Harbour Lines"), AROUND)
    assert check.reason == "the Harbour Lines speaks; both name Harbour, Harbour Lines"


@pytest.fixture(scope="module")
def cameras(checker: Any) -> Report:
    told: list[Progress] = []
    report = checker.explain(checker.check(ARTICLES / "b-marshport-cameras.txt"), watch=told.append)
    n = len(report.contrasts)
    assert told == [Progress("explaining", start, n) for start in range(0, n, N_TOGETHER)]
    return report


def test_an_explanation_moves_no_flag_and_quotes_the_article(checker: Any, cameras: Report) -> None:
    plain = checker.check(ARTICLES / "b-marshport-cameras.txt")
    assert replace(cameras, contrasts=plain.contrasts) == plain
    assert [replace(finding, explanation=None) for finding in cameras.contrasts] == list(plain.contrasts)
    for finding in cameras.contrasts:
        assert finding.explanation is not None
        spans = [*finding.explanation.statement, *finding.explanation.observation]
        spans += [span for check in finding.explanation.checks for span in (*check.statement, *check.observation)]  # type: ignore[misc]
        assert all(cameras.article.text[span.start : span.end] == span.text for span in spans)


def test_an_explained_report_fits_the_schema_and_comes_back_from_its_json(cameras: Report) -> None:
    written = json.loads(json.dumps(as_object(cameras, has_all_pairs=True)))
    jsonschema.validate(written, SCHEMA)
    again = as_report(written, cameras.article.text, is_laid_out=False)
    assert as_object(again, has_all_pairs=True) == as_object(cameras, has_all_pairs=True)


def test_the_page_marks_the_words_and_keeps_its_quotes_verbatim(cameras: Report) -> None:
    page = Page(as_html([cameras]))
    shown = sorted(e.text for e in page.all("b", "carrying"))
    assert shown == sorted(words.text for f in cameras.contrasts if f.explanation for words in f.explanation.observation)
    quotes = [e.text for e in page.elements if e.name == "blockquote"]
    assert all(cameras.observation(finding.observation).text in quotes for finding in cameras.contrasts)
    assert len(page.all("dl", "why")) == len(cameras.contrasts)


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_check_is_told_with_the_words_that_it_rests_on(cameras: Report, format: str) -> None:
    told = " ".join(unescape(re.sub("<[^>]+>", " ", as_text([cameras], format))).split())  # type: ignore[arg-type]
    (finding, *_) = cameras.contrasts
    assert finding.explanation is not None
    assert any(check.observation for check in finding.explanation.checks)
    for check in finding.explanation.checks:
        assert " ".join(check.reason.split()) in told
        for side, spans in (("said", check.statement), ("reported", check.observation)):
            assert not spans or f"{side} “{spans[0].text}" in told


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
@pytest.mark.parametrize("left", [0.8, 0.1])
def test_words_without_which_the_flag_stays_are_not_said_to_carry_it(left: float, format: str) -> None:
    told = report()
    explanation = Explanation((), (), left, ())
    told = replace(told, contrasts=(replace(told.contrasts[0], explanation=explanation),))
    assert ("no few words carry it" in as_text([told], format)) == (left == 0.8)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_where_only_the_strongest_are_explained_the_report_says_so(format: str) -> None:
    told = report()
    explained = replace(told.contrasts[0], explanation=Explanation((), (), 0.1, ()))
    some = as_text([replace(told, contrasts=(explained, *told.contrasts))], format)  # type: ignore[arg-type]
    assert "Why is told of the 1 strongest." in some
    assert "Why is told" not in as_text([replace(told, contrasts=(explained,))], format)  # type: ignore[arg-type]


def test_an_explained_report_looks_as_its_golden_files(request: pytest.FixtureRequest) -> None:
    told = report()
    seen = told.observations[0]
    checks = (
        Check("time", "pass", "reported for 2024-03-07, the statement holds from 2024-03-04", (), (Span("Thursday", 35, 43),)),
        Check("actor", "unknown", "who speaks is not named"),
        Check("place", "unknown", "not both sides name a place"),
    )
    explained = explain(told, KeywordScorer({"open": 2.0, "chained": 1.0})).contrasts[0]
    assert explained.explanation is not None
    told = replace(told, contrasts=(replace(explained, explanation=replace(explained.explanation, checks=checks)),))
    assert told.article.text[35:43] == seen.text[3:11] == "Thursday"
    for name, format in (("explained.txt", "table"), ("explained.md", "markdown")):
        written = "".join(f"{line.rstrip()}\n" for line in as_text([told], format).splitlines())  # type: ignore[arg-type]
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_text(written, encoding="utf-8")
        assert written == (GOLDEN / name).read_text(encoding="utf-8")


def test_an_explained_page_holds_and_a_forged_explanation_differs(checker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = CheckSettings(explain=True, top=2)
    monkeypatch.setattr(checker, "settings", settings)
    path = tmp_path / "report.html"
    report = checker.check_text(NIGHTS)
    assert len(report.contrasts) == 2
    untouched = as_html([report], Provenance(settings=settings))
    path.write_text(untouched, encoding="utf-8", newline="")
    assert verify_page(path, checker).differences == ()
    told = as_object(report)["contrasts"][0]["explanation"]
    side = next(side for side in ("statement", "observation") if told[side])
    words = told[side][0]
    for forged, line in (
        ({**told, side: [{**words, "effect": 9.0}]}, "9.00, now"),
        ({**told, "observation": [], "statement": []}, "is not shown"),
        ({**told, "checks": told["checks"][1:]}, "checked otherwise"),
        ({**told, "probability_without": 0.99}, "0.990 without its words, now"),
    ):
        path.write_text(untouched, encoding="utf-8", newline="")
        change_data(path, "contrasts", explanation=forged)
        assert any(line in found for found in verify_page(path, checker).differences), line


def test_leaving_out_the_shown_words_lowers_the_score_more_than_random_ones(tmp_path: Path) -> None:
    for name in ("b1-guernica-train-ticket-ai", "p1-154-phone-ban-inmates", "b1-merida-train-dig"):
        for ending in (".txt", ".json"):
            shutil.copy(ARTICLES / f"{name}{ending}", tmp_path)
    done = CliRunner().invoke(app, ["evaluate", "explanations", str(tmp_path), "--split", "validation"])
    assert done.exit_code == 0, done.output
    figures = dict(re.findall(r"^(\w+) +(\S.*)$", done.output, re.MULTILINE))
    lower, upper = (float(end) for end in figures["difference_interval"].strip("()").split(","))
    # Measured: 2.06, from 1.70 to 2.46; with the first three content words of each side for the strongest -0.08, from -0.57 to 0.43.
    assert lower <= float(figures["difference"]) <= upper
    assert lower > 0.6
    assert int(figures["n_articles"]) == 3
    assert "time pass" in done.output
    assert "actor unknown" in done.output


@pytest.mark.parametrize(
    "words",
    [
        "It shut on 3 May and on 4 May, ",
        "up from 5 in March, said that, ",
        "a, b, said, ",
        "from 3 boats to 4 boats and 5 per cent, ",
        "Ada ",
    ],
)
def test_a_sentence_without_end_is_checked_in_no_time(words: str) -> None:
    long = words * (50_000 // len(words))
    began = time.monotonic()
    for check in (check_actor, check_place, check_time, check_quantity):
        check(*sides(long, long, kind="claim"), AROUND)
    assert time.monotonic() - began < 10
