"""How an operation's answer leaves the API: a model as JSON, or a refusal with what to do."""

from typing import Final, TypeVar, assert_never

from fastapi import Response
from fastapi.responses import JSONResponse

from console import chat_words
from console.problems import problem
from console.rest import models
from console.rest.models import Model
from operations.listing import Page
from operations.member_answers import (
    Answer,
    Done,
    Leaving,
    ListChanged,
    Overtaken,
    Refused,
    Undone,
)

T = TypeVar("T")

CONFLICT: Final = 409
OVERTAKEN: Final = "overtaken"


def answered(model: Model) -> JSONResponse:
    """200 with this; no cache keeps it, since it is about people."""
    return JSONResponse(model.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


def paging(page: Page[T]) -> dict[str, int]:
    """What is told of a page besides its items."""
    return {"page": page.number, "size": page.size, "total": page.total}


def outcome(answer: Answer) -> Response:
    """What came of a change: what was done, or 409 with why it was not."""
    match answer:
        case Done():
            return answered(
                models.Done(act=answer.what, act_id=answer.act_id, people=answer.people)
            )
        case Undone():
            return answered(models.Undone(people=answer.people, left=answer.left))
        case Overtaken() | ListChanged() | Leaving():
            return _refused(answer, OVERTAKEN)
        case Refused(refusal=refusal):
            return _refused(answer, refusal.value)
        case _:
            assert_never(answer)


def _refused(answer: Answer, code: str) -> Response:
    word = chat_words.outcome(answer)
    return problem(CONFLICT, word.text, word.hint, code)
