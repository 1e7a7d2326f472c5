"""Windows, speakers, pairing, verdicts: the steps between reading and judging."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrast.calibration import Calibration, log_softmax
from contrast.collective import FLOOR, neighbourhood
from contrast.encoder import open_folder, open_tokenizer
from contrast.pairing import CandidatePair, PairBudget, pair_up
from contrast.pipeline import Checker
from contrast.roles import RoleReader, RoleThresholds, SpeakerWords, resolve_speakers
from contrast.schema import Finding, Observation, RelationProbabilities, Report, ScoredPair, Sentence, SentenceRoles, Statement
from contrast.verdicts import find_contrasts, find_supports, give_verdicts, judge
from contrast.windows import MARK, MAX_SENTENCE_TOKENS, lay
from tests.conftest import MILL, ROOT

THRESHOLDS = RoleThresholds(0.5, 0.5, 0.5, 0.2)
NEARNESS = np.array([1, 0, 0, 0, 0, 0], dtype=np.float32)


def sentence(text: str, paragraph: int = 0) -> Sentence:
    return Sentence(text, 0, len(text), paragraph)


def statement(k: int, speaker: str | None) -> Statement:
    return Statement(f"s{k}", k, "intention", "It will stop.", 0, 13, speaker, 0.9)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("PORT SALVAN, Cavala (Agency) - The navy said no.", "The navy"),
        ("WASHINGTON -- Ada Holm said no.", "Ada Holm"),
        ("ST. JOHN’S — “No,” Ada Holm said.", "No,” Ada Holm"),
        ("NEW YORK – Port Salvan said no.", "Port Salvan"),
        ("OPEC - the cartel - said no.", "OPEC - the cartel"),
        ("US-Cavala talks failed, said no.", "US-Cavala talks failed"),
        ("The navy of PORT SALVAN - said no.", "The navy of PORT SALVAN"),
    ],
)
def test_a_dateline_is_not_taken_for_who_speaks(text: str, speaker: str) -> None:
    encoding = open_tokenizer(open_folder(ROOT / "models/roles", "roles")).encode(text, add_special_tokens=False)
    # As if the model took all words before the last two for the speaker.
    end = max(text.rfind(" said"), 0)
    logits = np.array([5.0 if start < end else -5.0 for start, _ in encoding.offsets], dtype=np.float32)
    assert SpeakerWords.of(text, encoding, logits).span(0.5, 0.5) == speaker


@pytest.mark.parametrize(
    ("likely", "is_statement", "speaker"),
    [
        ({"Roe": 0.9}, False, "Roe"),
        ({"Ann": 0.3, "Roe": 0.9}, False, "Ann Roe"),
        ({"Roe": 0.9, ",": 0.3, "mayor": 0.3, "of": 0.3}, False, "Roe, mayor"),
        ({"Roe": 0.9, ",": 0.3, "mayor": 0.3, "of": 0.3, "Bath": 0.3}, False, "Roe, mayor of Bath"),
        ({"Ann": 0.3, "Roe": 0.1, "mayor": 0.6}, False, "mayor"),
        ({"Ann": 0.3, "Roe": 0.3}, False, None),
        ({"Ann": 0.3, "Roe": 0.3}, True, "Ann Roe"),
        ({"Ann": 0.1, "Roe": 0.1}, True, None),
    ],
)
def test_words_beside_a_name_belong_to_it_where_they_are_likely_enough(likely: dict[str, float], is_statement: bool, speaker: str) -> None:
    text = "No, Ann Roe, mayor of Bath, said."
    encoding = open_tokenizer(open_folder(ROOT / "models/roles", "roles")).encode(text, add_special_tokens=False)
    first = text.index("Ann")
    p = np.array([likely.get(text[start:end], 0.01) if start >= first else 0.01 for start, end in encoding.offsets], dtype=np.float32)
    role = SentenceRoles(0.9 if is_statement else 0.1, 0.1, 0.9)
    assert SpeakerWords.of(text, encoding, np.log(p / (1 - p))).span_for(role, THRESHOLDS) == speaker


def test_the_words_after_a_sentence_too_long_to_be_read_whole_are_not_its_own() -> None:
    said = "The chairman of the harbour board said on Friday that the mill would close."
    # Words that nobody speaks: as many as are read, and then one for each word of the sentence after it.
    sentences = [sentence("WASHINGTON -- " + "rain fell " * 70), sentence(said)]
    understood = RoleReader.open(ROOT / "models/roles").read(sentences)
    assert [role.speaker for role in understood.roles] == [None, "The chairman of the harbour board"]


def observation(k: int, source: str | None) -> Observation:
    return Observation(f"o{k}", k, "It went on.", 0, 11, source, 0.9)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=60))
def test_every_sentence_is_scored_once_and_seen_with_its_neighbours_where_they_fit(lengths: list[int]) -> None:
    windows = lay([[1000 + k] * n for k, n in enumerate(lengths)])
    assert sorted(k for window in windows for k in window.scored) == list(range(len(lengths)))
    for window in windows:
        assert set(window.scored) <= set(window.sentences)
        assert [window.ids[mark] for mark in window.marks] == [MARK] * len(window.marks)
        assert len(window.ids) <= max(256, 2 + 2 * (1 + MAX_SENTENCE_TOKENS))


def test_a_pronoun_is_followed_back_to_the_last_name() -> None:
    roles = [SentenceRoles(0.9, 0, 0, "Ada Holm"), SentenceRoles(0, 0, 0.9, None), SentenceRoles(0, 0.9, 0, "she")]
    resolved = resolve_speakers([sentence("a", k) for k in range(3)], roles, THRESHOLDS)
    assert [role.speaker for role in resolved] == ["Ada Holm", None, "Ada Holm"]


def test_a_quotation_without_a_speaker_takes_the_one_before_it_in_its_paragraph() -> None:
    roles = [SentenceRoles(0.9, 0, 0, "Odun"), SentenceRoles(0.9, 0, 0, None), SentenceRoles(0.9, 0, 0, None)]
    sentences = [sentence('"We go," said Odun.', 1), sentence('"Not one stays."', 1), sentence('"Not one stays."', 2)]
    assert [role.speaker for role in resolve_speakers(sentences, roles, THRESHOLDS)] == ["Odun", "Odun", None]


def test_a_party_is_not_set_against_its_own_restatement() -> None:
    roles = [SentenceRoles(0.9, 0, 0.1), SentenceRoles(0.2, 0.8, 0.6), SentenceRoles(0, 0.8, 0.6), SentenceRoles(0, 0, 0.9)]
    observations = [observation(1, "the ministry"), observation(2, "residents"), observation(3, None)]
    pairing = pair_up([statement(0, "Defense Ministry")], observations, roles, np.eye(4, dtype=np.float32), NEARNESS)
    assert [pair.observation.id for pair in pairing.pairs] == ["o2", "o3"]
    assert pairing.n_skipped == 1


def test_what_is_left_out_is_counted_and_the_nearest_are_kept() -> None:
    n = 30
    angle = np.linspace(0, np.pi / 2, n, dtype=np.float32)
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    pairing = pair_up(
        [statement(0, None)],
        [observation(k, None) for k in range(1, n)],
        [SentenceRoles(0, 0, 1)] * n,
        vectors,
        NEARNESS,
        budget=PairBudget(per_statement=5),
    )
    assert [pair.observation.sentence for pair in pairing.pairs] == [1, 2, 3, 4, 5]
    assert pairing.n_skipped == n - 1 - 5


def test_a_busy_statement_does_not_push_a_quiet_one_out() -> None:
    n = 22
    vectors = np.array([[1, 0], [0.1, 0], *[[1, 0]] * (n - 2)], dtype=np.float32)
    said = [statement(0, None), statement(1, None)]
    observations = [observation(k, None) for k in range(2, n)]
    pairing = pair_up(said, observations, [SentenceRoles(0, 0, 1)] * n, vectors, NEARNESS, budget=PairBudget(20, 12, 0))
    assert Counter(pair.statement.id for pair in pairing.pairs) == {said[0].id: 7, said[1].id: 5}
    assert pairing.n_skipped == 2 * (n - 2) - 12
    hopeless = PairBudget(20, 12, 0, min_promise=float(NEARNESS[0]) / 2)
    promising = pair_up(said, observations, [SentenceRoles(0, 0, 1)] * n, vectors, NEARNESS, budget=hopeless).pairs
    assert {pair.statement.id for pair in promising} == {said[0].id}


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9)), unique=True, max_size=12),
    st.lists(st.sampled_from(["the navy", "Ada Holm", None]), min_size=5, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_neighbours_are_the_pairs_that_share_a_side_or_a_party(cells: list[tuple[int, int]], speakers: list[str | None], seed: int) -> None:
    pairs = [CandidatePair(statement(s, speakers[s]), observation(o, None), (0.0,) * 5) for s, o in cells]
    logits = np.random.default_rng(seed).normal(scale=4, size=(len(pairs), 3)).astype(np.float32)
    ratios = np.maximum(log_softmax(logits) - log_softmax(logits)[:, 1:2], FLOOR)

    def are_kin(one: int, other: int) -> bool:
        return one != other and speakers[one] is not None and speakers[one] == speakers[other]

    columns = (
        (2, lambda s, o, a, b: a == s and b != o),
        (2, lambda s, o, a, b: a != s and b == o),
        (2, lambda s, o, a, b: a != s and b != o),
        (2, lambda s, o, a, b: are_kin(a, s) and b != o),
        (2, lambda s, o, a, b: are_kin(a, s) and b == o),
        (0, lambda s, o, a, b: a == s and b != o),
        (0, lambda s, o, a, b: a != s and b == o),
        (0, lambda s, o, a, b: are_kin(a, s) and b == o),
    )
    wanted = [
        [max((ratios[k, relation] for k, other in enumerate(cells) if share(*cell, *other)), default=FLOOR) for relation, share in columns]
        for cell in cells
    ]
    assert np.allclose(neighbourhood(pairs, logits), np.reshape(wanted, (len(cells), len(columns))), atol=1e-5)


probabilities = st.floats(0, 1).map(lambda p: RelationProbabilities((1 - p) / 2, (1 - p) / 2, p))


@given(st.lists(probabilities, max_size=20), st.floats(0.05, 1))
def test_contrasts_come_strongest_first_and_none_is_a_support_too(judged: list[RelationProbabilities], threshold: float) -> None:
    pairs = [ScoredPair("s1", f"o{k}", p) for k, p in enumerate(judged)]
    contrasts = find_contrasts(pairs, threshold)
    supports = find_supports(pairs, threshold, contrasts)
    assert [c.probability for c in contrasts] == sorted((p.contradiction for p in judged if p.contradiction >= threshold), reverse=True)
    assert not {c.observation for c in contrasts} & {s.observation for s in supports}


def test_verdicts_follow_from_what_was_found() -> None:
    yes, no = RelationProbabilities(0, 0, 1), RelationProbabilities(1, 0, 0)
    pairs = [ScoredPair("s1", "o1", yes), ScoredPair("s2", "o1", no), ScoredPair("s3", "o1", yes), ScoredPair("s3", "o2", no)]
    contrasts = find_contrasts(pairs, 0.5)
    given_verdicts = give_verdicts([statement(k, None) for k in (1, 2, 3, 4)], contrasts, find_supports(pairs, 0.5, contrasts))
    assert [s.verdict for s in given_verdicts] == ["contradicted", "supported", "mixed", "open"]


def test_a_weak_support_does_not_make_a_verdict_mixed_where_the_calibration_says_so() -> None:
    calibration = replace(Calibration.plain(), verdict_weights=np.array([-1.0, 1.0, 0.0], dtype=np.float32))
    assert calibration.weigh(0.9, 0.3) == "contradicted"
    assert calibration.weigh(0.3, 0.9) == "mixed"
    assert Calibration.plain().weigh(0.99, 0.01) == "mixed"
    against, in_favour = Finding("s1", "o1", "contradiction", 0.9), Finding("s1", "o2", "entailment", 0.3)
    weaker = Finding("s1", "o3", "contradiction", 0.2)
    (weighed,) = give_verdicts([statement(1, None)], [weaker, against], [in_favour], calibration.weigh)
    assert weighed.verdict == "contradicted"


def test_a_higher_threshold_leaves_what_was_contradicted_open(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    report = checker.check(ROOT / "data/articles/p2-132-sand-barges.txt")
    said, (first, second) = report.statements[0].id, [observation.id for observation in report.observations[:2]]
    against, in_favour = RelationProbabilities(0.02, 0.03, 0.95), RelationProbabilities(0.3, 0.65, 0.05)
    report = checker.conclude(replace(report, pairs=(ScoredPair(said, first, against), ScoredPair(said, second, in_favour))))
    assert report.statements[0].verdict == "contradicted"
    assert not report.supports
    monkeypatch.setattr(checker, "settings", replace(checker.settings, threshold=1.0))
    assert checker.conclude(report).statements[0].verdict == "open"


@pytest.fixture(scope="module")
def mill_report(checker: Checker) -> Report:
    return checker.check_text(MILL)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=6), st.sampled_from([None, 0.1, 0.5, 0.9]))
@settings(max_examples=60, deadline=None)
def test_every_verdict_follows_from_the_contrasts_and_supports_that_are_listed(
    mill_report: Report, checker: Checker, judged: list[tuple[float, float]], threshold: float | None
) -> None:
    places = [(f"s{n}", f"o{m}") for n in (1, 2) for m in (1, 2, 3)]
    shares = [RelationProbabilities(e / (e + c + 0.2), 0.2 / (e + c + 0.2), c / (e + c + 0.2)) for e, c in judged]
    pairs = tuple(ScoredPair(*place, share) for place, share in zip(places, shares, strict=True))
    bare = replace(mill_report, statements=(statement(1, None), statement(2, None)), pairs=pairs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checker, "settings", replace(checker.settings, threshold=threshold))
        report = checker.conclude(bare)
    against, in_favour = ({finding.statement for finding in found} for found in (report.contrasts, report.supports))
    assert [s.verdict for s in report.statements] == [judge(s.id in against, s.id in in_favour) for s in report.statements]
