"""How sentences are laid into the windows that the roles model reads: each seen with its neighbours, each behind a mark.

A window is [CLS] (mark sentence)… [SEP]. Neighbouring windows share two sentences, so that every sentence is read once with the one before
and the one after it. Training and use lay windows alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_WINDOW_TOKENS = 256
MAX_SENTENCE_TOKENS = 110
CLS, SEP, MARK = 101, 102, 2  # [CLS], [SEP] and [unused1] of BERT's uncased vocabulary


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of a window; `sentences` are positions in the article, `marks` their places in `ids`; `scored` are those judged here."""

    ids: tuple[int, ...]
    sentences: tuple[int, ...]
    marks: tuple[int, ...]
    scored: tuple[int, ...]


def lay(sentences: Sequence[Sequence[int]], max_tokens: int = MAX_WINDOW_TOKENS) -> list[Window]:
    """The windows over an article's sentences (token ids without special tokens); every sentence is scored in exactly one.

    >>> [window.scored for window in lay([[5] * 100, [6] * 100, [7] * 100, [8] * 100])]
    [(0,), (1,), (2, 3)]
    """
    windows = []
    first, scored_up_to = 0, 0
    while scored_up_to < len(sentences):
        last = _last_fitting(sentences, first, max_tokens)
        at_end = last == len(sentences) - 1
        until = last + 1 if at_end else max(last, scored_up_to + 1)
        windows.append(_window(sentences, range(first, last + 1), range(scored_up_to, until)))
        scored_up_to = until
        first = max(until - 1, first + 1)
    return windows


def read_part(sentence: Sequence[int]) -> Sequence[int]:
    """The token ids of a sentence that a window holds: the first `MAX_SENTENCE_TOKENS`. They stand behind the sentence's mark."""
    return sentence[:MAX_SENTENCE_TOKENS]


def _cost(sentence: Sequence[int]) -> int:
    return 1 + len(read_part(sentence))


def _last_fitting(sentences: Sequence[Sequence[int]], first: int, max_tokens: int) -> int:
    used = 2 + _cost(sentences[first])
    last = first
    while last + 1 < len(sentences) and (used + _cost(sentences[last + 1]) <= max_tokens or last == first):
        last += 1
        used += _cost(sentences[last])
    return last


def _window(sentences: Sequence[Sequence[int]], within: range, scored: range) -> Window:
    ids, marks = [CLS], []
    for position in within:
        marks.append(len(ids))
        ids.extend((MARK, *read_part(sentences[position])))
    return Window((*ids, SEP), tuple(within), tuple(marks), tuple(scored))
