"""The OpenAPI description: what FastAPI finds in the routes, and the report in the words of its own JSON schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

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
        app.openapi_schema = described
    return app.openapi_schema


@cache
def _report_schemas() -> dict[str, Any]:
    """The schema of a report and of its parts, which point at each other as OpenAPI has it."""
    written = REPORT_SCHEMA.read_text(encoding="utf-8").replace('"#/$defs/', '"#/components/schemas/Report.')
    schema = json.loads(written)
    parts = {f"Report.{name}": part for name, part in schema.pop("$defs", {}).items()}
    del schema["$schema"]
    return {"Report": schema, **parts}
