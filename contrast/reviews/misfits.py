"""What of a request does not fit, told in one line: what came, and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

NOT_BLANK = r"\S"
SHA256 = "^[0-9a-f]{64}$"
# What does not fit, by pydantic's name for it (https://docs.pydantic.dev/latest/errors/validation_errors/).
MISFITS = {
    "missing": "missing; expected a value",
    "extra_forbidden": "no such field; leave it out",
    "string_type": "not a string; expected a string",
    "string_too_short": "empty; expected some text",
    "string_too_long": "too long; expected at most {max_length} characters",
    "literal_error": "unknown; expected {expected}",
    "bool_parsing": "neither true nor false; expected one of them",
    "int_type": "not a whole number; expected one",
    "int_parsing": "not a whole number; expected one",
    "float_type": "not a number; expected one",
    "finite_number": "not a finite number; expected one",
    "greater_than_equal": "too small; expected {ge} or more",
    "less_than_equal": "too large; expected {le} or less",
    "json_invalid": "not JSON ({error}); expected a JSON object",
    "model_type": "not an object; expected a JSON object",
    "model_attributes_type": "not an object; expected a JSON object",
}
PATTERNS = {
    NOT_BLANK: "nothing but space; expected some text",
    SHA256: "not a SHA-256; expected 64 hexadecimal digits in lower case, as a report gives them",
}


def tell_misfit(misfit: Mapping[str, Any], place: Sequence[object]) -> str:
    """What does not fit, and where.

    >>> tell_misfit({"type": "less_than_equal", "msg": "…", "ctx": {"le": 1}}, ["probability"])
    'probability: too large; expected 1 or less'
    """
    context = misfit.get("ctx", {})
    known = PATTERNS.get(context.get("pattern")) or MISFITS.get(misfit["type"])
    words = known.format(**context) if known else misfit["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, place))[:80] or 'the body'}: {words}"
