"""Refusals as programs read them: ``application/problem+json`` (RFC 9457)."""

from typing import Final

from fastapi.responses import JSONResponse
from pydantic import BaseModel

MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """Why there is no answer; ``code`` is what a program may tell apart, the rest is for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


def problem(status: int, title: str, detail: str, code: str) -> JSONResponse:
    """The answer."""
    content = Problem(title=title, status=status, detail=detail, code=code).model_dump()
    return JSONResponse(
        content, status, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"}
    )
