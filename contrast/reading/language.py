"""Notices a text that is not English, which the models have not learnt; charset-normalizer's letter statistics tell."""

from collections.abc import Iterator

MIN_CHARACTERS = 200
N_CHARACTERS_READ = 4000
# No article of data/articles is that much nearer to another language's letters (a test holds it); texts in other languages are.
MARGIN = 0.2


def warn_of_language(text: str) -> Iterator[str]:
    """A warning for a text whose letters speak for another language by more than `MARGIN`; short texts are let pass."""
    if len(text) < MIN_CHARACTERS:
        return
    from charset_normalizer.cd import coherence_ratio

    ranked = coherence_ratio(text[:N_CHARACTERS_READ])
    if ranked and ranked[0][1] - dict(ranked).get("English", 0.0) > MARGIN:
        yield f"the text looks like {ranked[0][0]}; the models were trained on English, so do not rely on this report"
