"""The closed vocabularies: relations of a pair, roles of a sentence, verdicts of a statement, what is checked of a contrast.

Relation names and their meaning follow the three-way NLI of MultiNLI (Williams et al., 2018, https://aclanthology.org/N18-1101).
"""

from typing import Literal, get_args

Relation = Literal["entailment", "neutral", "contradiction"]
Role = Literal["intention", "claim", "observation"]
StatementKind = Literal["intention", "claim"]
Verdict = Literal["contradicted", "supported", "mixed", "open"]
CheckName = Literal["actor", "place", "time", "quantity"]
Outcome = Literal["pass", "fail", "unknown"]

RELATIONS: tuple[Relation, ...] = get_args(Relation)
ROLES: tuple[Role, ...] = get_args(Role)
