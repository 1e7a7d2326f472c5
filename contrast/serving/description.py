"""The OpenAPI description: what FastAPI finds in the routes, and the report in the words of its own JSON schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from contrast.reviews.api import RefusedAnswer
from contrast.serving.api import REASONS

# What the guard before all routes may answer; with a body, also to what is sent too slowly, or too much of it.
OF_GUARD, OF_BODIES = (403, 503), (408, 413, 429)
REPORT_SCHEMA = Path(__file__).parent.parent / "report.schema.json"


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of an application with the route /v1/check."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title,
            version=app.version,
            summary="What parties in a news article say, set against what is reported.",
            routes=app.routes,
        )
        answer = described["paths"]["/v1/check"]["post"]["responses"]["200"]
        answer["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}}
        described["components"]["schemas"].update(_report_schemas())
        for operation in (operation for path in described["paths"].values() for operation in path.values()):
            for status in (*OF_GUARD, *(OF_BODIES if "requestBody" in operation else ())):
                operation["responses"].setdefault(str(status), _refusal(status))
        app.openapi_schema = described
    return app.openapi_schema


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{RefusedAnswer.__name__}"}
    return {"description": REASONS[status], "content": {"application/json": {"schema": schema}}}


@cache
def _report_schemas() -> dict[str, Any]:
    """The schema of a report and of its parts, which point at each other as OpenAPI has it."""
    written = REPORT_SCHEMA.read_text(encoding="utf-8").replace('"#/$defs/', '"#/components/schemas/Report.')
    schema = json.loads(written)
    parts = {f"Report.{name}": part for name, part in schema.pop("$defs", {}).items()}
    del schema["$schema"]
    return {"Report": schema, **parts}
