"""The data that a page carries so that it can be checked again: reports, the texts they point into, and how they were made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contrast.errors import ContrastError, InputError
from contrast.rendering.as_json import as_object
from contrast.rendering.from_json import as_record, as_report
from contrast.rendering.provenance import Provenance
from contrast.schema import Report
from contrast.settings import CheckSettings


@dataclass(frozen=True, slots=True)
class Carried:
    """What a page carries: reports with their articles' texts, and how they were made."""

    reports: tuple[Report, ...]
    provenance: Provenance


def as_carried(reports: Sequence[Report], provenance: Provenance) -> dict[str, Any]:
    """The data as a JSON object: the reports in the words of their schema, and beside each the text that was judged."""
    return {
        "contrast_version": provenance.version,
        "command": provenance.command,
        "settings": asdict(provenance.settings),
        **({} if provenance.threshold is None else {"threshold": provenance.threshold}),
        "articles": [
            {
                "report": as_object(report, has_all_pairs=True),
                "text": report.article.text,
                "is_laid_out": report.article.is_laid_out,
            }
            for report in reports
        ],
    }


def from_carried(carried: Mapping[str, Any], name: str) -> Carried:
    """The data of a page again; raises InputError when they are not what `as_carried` writes."""
    try:
        told = {"command": carried["command"], "version": carried["contrast_version"], "threshold": carried.get("threshold")}
        provenance = as_record(Provenance, told, settings=as_record(CheckSettings, carried["settings"]))
        reports = tuple(as_report(of_one["report"], of_one["text"], is_laid_out=of_one["is_laid_out"]) for of_one in carried["articles"])
    except (KeyError, TypeError, ValueError, AttributeError, ContrastError) as error:
        raise InputError(
            f"{name}: its data are damaged ({type(error).__name__}: {error}); make the report again with contrast check --format html"
        ) from error
    return Carried(reports, provenance)
