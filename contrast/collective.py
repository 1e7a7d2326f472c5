"""What the model says of an article's other pairs, which tells of a pair as well.

What breaks one promise of a party often breaks its others, and what belies one statement is worth more against the next. So the highest
log-ratios among the pairs that share a side with a pair, or a party, are circumstances of it too (collective classification in one pass;
Sen et al., 2008, https://doi.org/10.1609/aimag.v29i3.2157).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from contrast.calibration import N_NEIGHBOURS, log_softmax
from contrast.encoder import FloatArray
from contrast.pairing import CandidatePair, same_party

# The least that a pair tells; what is not judged tells no more.
FLOOR = -6.0


def neighbourhood(pairs: Sequence[CandidatePair], logits: FloatArray) -> FloatArray:
    """What the other pairs of the article tell of each: shape (n, 8), for its pairs and the logits (n, 3) of each.

    The highest of log p(contradiction) - log p(neutral) among the statement's other pairs, the observation's other pairs, the pairs that
    share neither side, the same party's other statements with other observations, and with this one; then the highest of log p(entailment)
    - log p(neutral) among the statement's other pairs, the observation's, and the same party's other statements with this observation.

    >>> neighbourhood((), np.zeros((0, 3), dtype=np.float32)).shape
    (0, 8)
    """
    if not pairs:
        return np.zeros((0, N_NEIGHBOURS), dtype=np.float32)
    rows = _numbered([pair.statement.id for pair in pairs])
    columns = _numbered([pair.observation.id for pair in pairs])
    speakers = {row: pair.statement.speaker for row, pair in zip(rows, pairs, strict=True)}
    is_kin = np.array([[one != other and same_party(speakers[one], speakers[other]) for other in speakers] for one in speakers])
    entailment, neutral, contradiction = log_softmax(logits).T
    against = _table(rows, columns, contradiction - neutral)
    in_favour = _table(rows, columns, entailment - neutral)
    of_kin_against, of_kin_in_favour = _of_kin(against, is_kin), _of_kin(in_favour, is_kin)
    told = [
        _beside(against),
        _above(against),
        _above(_beside(against)),
        _beside(of_kin_against),
        of_kin_against,
        _beside(in_favour),
        _above(in_favour),
        of_kin_in_favour,
    ]
    return np.stack([table[rows, columns] for table in told], axis=1)


def _numbered(ids: Sequence[str]) -> list[int]:
    """For each id its place among the different ones, in the order in which they come."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(one, len(numbers)) for one in ids]


def _table(rows: Sequence[int], columns: Sequence[int], values: FloatArray) -> FloatArray:
    """Statements by observations."""
    table = np.full((max(rows) + 1, max(columns) + 1), FLOOR, dtype=np.float32)
    table[rows, columns] = np.maximum(values, FLOOR)
    return table


def _beside(table: FloatArray) -> FloatArray:
    """For each cell the highest of the others in its row."""
    with_floor = np.hstack([table, np.full((len(table), 1), FLOOR, dtype=np.float32)])
    second, first = np.partition(with_floor, -2, axis=1)[:, -2:].T
    is_first = np.arange(table.shape[1]) == table.argmax(axis=1)[:, None]
    highest: FloatArray = np.where(is_first, second[:, None], first[:, None])
    return highest


def _above(table: FloatArray) -> FloatArray:
    """For each cell the highest of the others in its column."""
    return _beside(table.T).T


def _of_kin(table: FloatArray, is_kin: npt.NDArray[np.bool_]) -> FloatArray:
    """For each cell the highest of its column among the rows akin to its own."""
    return np.stack([table[kin].max(axis=0, initial=FLOOR) for kin in is_kin])
