"""The whole story of a check: read, find who says what and what is seen, pair, score, calibrate, judge, and where asked for, explain."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from contrast.calibration import as_records
from contrast.collective import neighbourhood
from contrast.encoder import FloatArray
from contrast.errors import InputError, ModelError
from contrast.labels import RELATIONS
from contrast.pairing import CandidatePair, PairBudget, Pairing, circumstances, pair_up
from contrast.reading import read_article, read_text
from contrast.roles import ArticleRoles, RoleReader, RoleThresholds
from contrast.schema import (
    Article,
    ModelInfo,
    Observation,
    Progress,
    RelationProbabilities,
    Report,
    ScoredPair,
    Sentence,
    SentenceRoles,
    Statement,
    Watch,
)
from contrast.scoring import Scorer, open_scorer
from contrast.scoring.framing import Framed
from contrast.scoring.pairs import frame_pair
from contrast.scoring.scorer import FramedPair
from contrast.settings import CheckSettings, models_folder
from contrast.timing import are_out_of_time
from contrast.verdicts import find_contrasts, find_supports, give_verdicts

# Pairs judged between two words of progress: some tenths of a second.
N_PAIRS_WATCHED = 128


class Checker:
    """Checks articles with models loaded once.

    >>> checker = Checker()
    >>> report = checker.check_text("The mill will stay open, its owner promised. On Friday the mill shut for good.")
    >>> [statement.kind for statement in report.statements]
    ['intention']
    """

    def __init__(self, settings: CheckSettings | None = None, *, models: Path | None = None, n_threads: int | None = None) -> None:
        self.settings = settings or CheckSettings()
        folder = models or models_folder()
        # Side by side: loading is most of what a single check takes.
        with ThreadPoolExecutor(2) as pool:
            roles = pool.submit(RoleReader.open, folder / "roles", n_threads=n_threads)
            scorer = pool.submit(open_scorer, self.settings.model, folder / "nli", device=self.settings.device, n_threads=n_threads)
            self._roles, self._scorer = roles.result(), scorer.result()

    @property
    def model_info(self) -> ModelInfo:
        """Which model judges."""
        return self._scorer.info

    @property
    def thresholds(self) -> "Thresholds":
        """From which probability something is shown."""
        of_roles, calibration = self._roles.thresholds, self._scorer.calibration
        contrast = calibration.contrast_threshold if self.settings.threshold is None else self.settings.threshold
        return Thresholds(of_roles.statement, of_roles.observation, contrast, calibration.support_threshold)

    @property
    def scorer(self) -> Scorer:
        """The model itself, for those who measure it."""
        return self._scorer

    def check(self, path: str | Path, *, budget: PairBudget | None = None) -> Report:
        """The report on the article in a file; raises InputError when there is none."""
        return self.check_article(read_article(Path(path)), budget=budget)

    def check_text(self, text: str) -> Report:
        """The report on an article given as text; raises InputError when it is none."""
        refuse_half_characters(text, "text")
        return self.check_article(read_text(text))

    def check_article(self, article: Article, *, budget: PairBudget | None = None, watch: Watch | None = None) -> Report:
        """The report on an article that was read; `watch` is told how far the check has come."""
        return self.check_articles([article], budget=budget, watch=watch)[0]

    def check_articles(self, articles: Sequence[Article], *, budget: PairBudget | None = None, watch: Watch | None = None) -> list[Report]:
        """The reports on several articles, in their order, their sentences and pairs run in common batches; each is as if checked alone."""
        understood = self._roles.read_many([article.sentences for article in articles], watch=watch)
        found = [self._find(article, roles, budget) for article, roles in zip(articles, understood, strict=True)]
        framed = [frame_pairs(of_one.pairing.pairs, article.sentences) for article, of_one in zip(articles, found, strict=True)]
        logits = self._watched_logits([pair for pairs in framed for pair in pairs], watch)
        ends = np.cumsum([len(pairs) for pairs in framed])
        reports = [
            self._judge(article, of_one, logits[end - len(of_one.pairing.pairs) : end])
            for article, of_one, end in zip(articles, found, ends, strict=True)
        ]
        return [self.explain(report, watch=watch) for report in reports] if self.settings.explain else reports

    def explain(self, report: Report, *, watch: Watch | None = None) -> Report:
        """The report with its strongest contrasts explained: the words that carry them, and what was checked of them."""
        from contrast.explaining import explain

        return explain(report, self._scorer, watch=watch)

    def candidates(self, article: Article, *, budget: PairBudget | None = None) -> tuple[CandidatePair, ...]:
        """The pairs of an article that a check would judge."""
        (understood,) = self._roles.read_many([article.sentences])
        return self._find(article, understood, budget).pairing.pairs

    def _find(self, article: Article, understood: ArticleRoles, budget: PairBudget | None) -> "Found":
        statements = find_statements(article.sentences, understood.roles, self._roles.thresholds)
        observations = find_observations(article.sentences, understood.roles, self._roles.thresholds)
        pairing = pair_up(statements, observations, understood.roles, understood.vectors, self._roles.pairing_weights, budget=budget)
        return Found(statements, observations, pairing)

    def _judge(self, article: Article, found: "Found", logits: FloatArray) -> Report:
        return self.conclude(
            Report(
                article=article,
                statements=tuple(found.statements),
                observations=tuple(found.observations),
                contrasts=(),
                supports=(),
                pairs=tuple(self._scored(found.pairing.pairs, logits, article.date)),
                n_pairs_skipped=found.pairing.n_skipped,
                model=self._scorer.info,
            )
        )

    def conclude(self, report: Report) -> Report:
        """The report with the contrasts, supports and verdicts that follow from the probabilities of its pairs."""
        thresholds, calibration = self.thresholds, self._scorer.calibration
        contrasts = find_contrasts(report.pairs, thresholds.contrast)
        supports = find_supports(report.pairs, thresholds.support, contrasts)
        # What a threshold above the model's own keeps from being shown must not turn "contradicted" into "supported".
        doubted = {finding.statement for finding in find_contrasts(report.pairs, calibration.contrast_threshold)}
        doubted -= {finding.statement for finding in contrasts}
        in_favour = [finding for finding in supports if finding.statement not in doubted]
        statements = give_verdicts(report.statements, contrasts, in_favour, calibration.weigh)
        borne_out = {statement.id for statement in statements if statement.verdict in ("supported", "mixed")}
        return replace(
            report,
            statements=tuple(statements),
            contrasts=tuple(contrasts[: self.settings.top]),
            # What is outweighed by a contrast is no support: verdicts follow from what is listed.
            supports=tuple(finding for finding in supports if finding.statement in borne_out),
        )

    def compare(self, pairs: Sequence[tuple[str, str]]) -> list[RelationProbabilities]:
        """Probabilities for (statement, observation) pairs given by hand, in their order; raises InputError when a side is blank."""
        return self.compare_framed(
            [FramedPair(premise=Framed(observation), hypothesis=Framed(statement)) for statement, observation in pairs]
        )

    def compare_framed(self, pairs: Sequence[FramedPair]) -> list[RelationProbabilities]:
        """Probabilities for pairs that may bring context, in their order; raises InputError when a side is blank."""
        refuse_unreadable(pairs)
        if not pairs:
            return []
        return self._records(self._scorer.calibration.of_pairs(self._logits(pairs)))

    def _watched_logits(self, pairs: Sequence[FramedPair], watch: Watch | None) -> FloatArray:
        """Logits of all pairs, part by part where somebody watches; what the model says of a pair does not depend on the others."""
        if watch is None:
            return self._logits(pairs)
        parts = [self._logits(())]
        for start in range(0, len(pairs), N_PAIRS_WATCHED):
            watch(Progress("judging", start, len(pairs)))
            parts.append(self._logits(pairs[start : start + N_PAIRS_WATCHED]))
        return np.concatenate(parts)

    def _logits(self, pairs: Sequence[FramedPair]) -> FloatArray:
        if not pairs:
            return np.zeros((0, len(RELATIONS)), dtype=np.float32)
        logits = self._scorer.logits(pairs)
        if not np.isfinite(logits).all():
            raise ModelError(f"{self._scorer.info.name}: the model gave no number for a pair, so nothing can be said; use another model")
        return logits

    def _scored(self, pairs: Sequence[CandidatePair], logits: FloatArray, article_date: str | None) -> list[ScoredPair]:
        if not pairs:
            return []
        probabilities = self._scorer.calibration.of_article(logits, *told_of(pairs, logits, article_date))
        return [
            ScoredPair(pair.statement.id, pair.observation.id, record)
            for pair, record in zip(pairs, self._records(probabilities), strict=True)
        ]

    def _records(self, probabilities: FloatArray) -> list[RelationProbabilities]:
        if not np.isfinite(probabilities).all():
            raise ModelError(f"{self._scorer.info.name}: a probability is no number; run contrast train calibration or use another model")
        return list(as_records(probabilities))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability a statement, an observation, a contrast, a support is shown."""

    statement: float
    observation: float
    contrast: float
    support: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in an article before any pair is judged."""

    statements: list[Statement]
    observations: list[Observation]
    pairing: Pairing


def refuse_unreadable(pairs: Sequence[FramedPair]) -> None:
    """Raises InputError that names the side of a pair in which there is nothing to read."""
    for n, pair in enumerate(pairs, 1):
        for name, side in (("statement", pair.hypothesis), ("observation", pair.premise)):
            where = name if len(pairs) == 1 else f"pair {n}, {name}"
            if not side.text.strip():
                raise InputError(f"{where}: empty; expected a sentence")
            for text in (side.text, side.before or "", side.speaker or ""):
                refuse_half_characters(text, where)


def refuse_half_characters(text: str, where: str) -> None:
    """Raises InputError when the text holds half a character, as bytes that are no UTF-8 leave it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: half a character (a lone surrogate, U+{ord(text[error.start]):04X}); give it as UTF-8") from error


def find_statements(sentences: Sequence[Sentence], roles: Sequence[SentenceRoles], thresholds: RoleThresholds) -> list[Statement]:
    """The sentences that hold a statement, with ids s1, s2, … in the order of the text."""
    found = [k for k, role in enumerate(roles) if role.statement >= thresholds.statement]
    return [
        Statement(f"s{n}", k, roles[k].kind, sentences[k].text, sentences[k].start, sentences[k].end, roles[k].speaker, roles[k].statement)
        for n, k in enumerate(found, 1)
    ]


def find_observations(sentences: Sequence[Sentence], roles: Sequence[SentenceRoles], thresholds: RoleThresholds) -> list[Observation]:
    """The sentences that report what happened, with ids o1, o2, … in the order of the text."""
    found = [k for k, role in enumerate(roles) if role.observation >= thresholds.observation]
    return [
        Observation(f"o{n}", k, sentences[k].text, sentences[k].start, sentences[k].end, roles[k].speaker, roles[k].observation)
        for n, k in enumerate(found, 1)
    ]


def told_of(pairs: Sequence[CandidatePair], logits: FloatArray, article_date: str | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the article calibration takes beside the logits: circumstances (n, 5), what neighbours tell (n, 8), what is out of time (n,)."""
    times = are_out_of_time([(pair.statement, pair.observation) for pair in pairs], article_date)
    return circumstances(pairs), neighbourhood(pairs, logits), times


def frame_pairs(pairs: Sequence[CandidatePair], sentences: Sequence[Sentence]) -> list[FramedPair]:
    """The pairs as the scorer takes them: each side with the sentence before it, the statement with its speaker."""
    return [frame_pair(pair.statement, pair.observation, sentences) for pair in pairs]
