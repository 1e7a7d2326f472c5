"""Pages that hold no article: lists of stories, and short pages that ask for consent or a password."""

from collections.abc import Collection, Sequence

# So many paragraphs below headings that lead elsewhere, and half of all, make a page a list of stories; beside an article they are fewer.
MIN_LISTED = 4
# A longer page says more than that.
MAX_WORDS = 150
# What such pages speak of, and how many of these words tell one.
WORDS_OF: dict[str, tuple[str, ...]] = {
    "consent to cookies": ("cookies", "consent", "privacy", "partners", "personal data", "legitimate interest", "geolocation"),
    "a log-in": ("sign in", "log in", "password", "username", "your account", "e-mail address", "email address"),
}
MIN_WORDS_OF = {"consent to cookies": 3, "a log-in": 2}
TEASERS = "//*[self::h1 or self::h2 or self::h3 or self::h4][.//a[@href] or parent::a[@href]]/following-sibling::p"


def what_else(lines: Sequence[str], teasers: Collection[str]) -> str | None:
    """What a page is with these lines, of which some may be `teasers` of other pages; None where it may be an article.

    >>> what_else(["We value your privacy", "We and our 843 partners store cookies with your consent."], [])
    'consent to cookies'
    """
    if sum(line in teasers for line in lines) >= max(MIN_LISTED, len(lines) / 2):
        return "a list of stories"
    text = " ".join(lines).casefold()
    if len(text.split()) > MAX_WORDS:
        return None
    return next((kind for kind, words in WORDS_OF.items() if sum(word in text for word in words) >= MIN_WORDS_OF[kind]), None)
