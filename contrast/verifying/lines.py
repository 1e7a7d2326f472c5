"""What verifying a page finds, a line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A difference, which speaks against a page, or a note, which tells what was compared and what could not be."""

    text: str
    is_difference: bool


def difference(text: str) -> Line:
    """What speaks against a page."""
    return Line(text, is_difference=True)


def note(text: str) -> Line:
    """What is to be told besides."""
    return Line(text, is_difference=False)
