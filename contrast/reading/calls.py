"""What a page says to its readers in the midst of an article: adverts, newsletters, other stories, and walls before the rest of it."""

import re
from collections.abc import Sequence

from contrast.reading.layout import ENDS_A_SENTENCE

MAX_WORDS = 25
# How a paragraph begins that is such a call and nothing else; "$" ends those that are one only as a whole.
OPENINGS = (
    r"advertisement$",
    r"(?:the |this )?(?:story|article) continues (?:below|after (?:the |this )?(?:ad|image|photo|video|newsletter|promotion))",
    r"(?:skip|continue reading (?:below|after)) (?:the |this )?(?:ad|newsletter|promotion)",
    r"(?:read|see|watch|listen)(?: more| also| next)?: ",
    r"(?:also read|more on this|more stories|related|related stories|recommended|don['’]t miss|you may also like)(?:: |$)",
    r"read more(?: about .*| on .*| here)?$",
    r"(?:follow|like|join|find) us on (?:facebook|twitter|x|instagram|youtube|tiktok|whatsapp|telegram|threads|bluesky|linkedin)\b",
    r"(?:sign up|subscribe|register) (?:to|for|here|now)\b.*\b(?:newsletters?|e-?mails?|alerts?|updates?|briefings?|letter)\b",
    r"(?:share|print|save) this (?:story|article|page)\b",
    r"(?:download|get) (?:our|the) (?:free )?app\b",
)
WALLS = (
    r"(?:subscribe|register|sign in|log in|sign up|join)\b.{0,40}\bto (?:continue|keep|unlock|access|read (?:the|this))\b",
    r"to (?:continue|keep) reading(?: (?:this|the) \w+)?(?:[,:]? (?:please|subscribe|register|sign|log|join|create|start)\b|[.:]?$)",
    r"(?:continue|keep) reading (?:with|for|from) (?:a|an|your|our|free|(?:only |just )?[$€£]?\d)",
    r"to (?:read|see|view) (?:the (?:full|whole|rest)|this|more)\b.{0,40}\b(?:subscribe|register|sign|log|join|create|start|buy)\b",
    r"already (?:a (?:subscriber|member)|subscribed|have (?:a subscription|an account))\s*(?:\?|$)",
    r"this (?:article|story|content) is (?:for|only for|reserved for|available to) (?:our )?(?:subscribers|members)\b",
)
# What a credit holds beside names.
CREDIT_WORDS = frozenset(
    ["additional", "and", "at", "by", "de", "editing", "for", "from", "in", "of", "reporting", "the", "van", "von", "with", "writing"]
)
# Behind so few sentences a wall hides the article; behind more, what stands before it may be worth a check.
MIN_SENTENCES = 5
# Beside an article a wall may be of something else on the page: only what is no article alone is refused for it.
MIN_SENTENCES_ALONE = 3
_OPENING = re.compile("|".join(f"(?:{opening})" for opening in OPENINGS), re.IGNORECASE)
_WALL = re.compile("|".join(f"(?:{wall})" for wall in WALLS), re.IGNORECASE)
# A call is short, or is no sentence; and it tells of nobody who said it.
MAX_WORDS_OF_A_SENTENCE = 8
_TOLD = re.compile(r"\b(?:said|says|told|tells|wrote|writes|warned|asked|announced|ordered)\b", re.IGNORECASE)
_OF_READING = re.compile(r"\b(?:read|reading|unlock|this (?:article|story))\b", re.IGNORECASE)
_CREDIT = re.compile(r"(?:(?:additional|with) )?(?:reporting|writing|editing) by (.+)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s|$)")


def is_call(line: str) -> bool:
    """Whether the paragraph only calls the reader elsewhere.

    >>> is_call("READ MORE: Ten things to do"), is_call("Follow us on Facebook"), is_call("Read more carefully, the judge told them.")
    (True, True, False)
    """
    n_words, is_sentence = len(line.split()), ENDS_A_SENTENCE.search(line) is not None
    if n_words > (MAX_WORDS_OF_A_SENTENCE if is_sentence else MAX_WORDS):
        return False
    return (_OPENING.match(line) is not None and not _TOLD.search(line)) or _is_credit(line)


def _is_credit(line: str) -> bool:
    """Whether the line only names who had a part in the article."""
    credit = _CREDIT.fullmatch(line)
    return credit is not None and all(word[:1].isupper() or word.strip(",;.").casefold() in CREDIT_WORDS for word in credit[1].split())


def find_wall(lines: Sequence[str], *, is_beside: bool = False) -> int | None:
    """The place of the first paragraph that asks for a subscription before the rest can be read.

    Where it `is_beside` the article it must speak of reading: "Sign in to continue" may stand on any page.

    >>> find_wall(["The mill will close in May, its owner said.", "Subscribe to read the full story"])
    1
    """
    walls = (k for k, line in enumerate(lines) if len(line.split()) <= MAX_WORDS and _WALL.match(line) and not _TOLD.search(line))
    return next((k for k in walls if not is_beside or _OF_READING.search(lines[k])), None)


def n_sentences(lines: Sequence[str]) -> int:
    """How many sentences end in the lines, as near as their marks tell."""
    return sum(len(_SENTENCE_END.findall(line)) for line in lines)
