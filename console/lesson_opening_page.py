"""The way into a distance lesson: a countdown, a redirect for this once, or its end (the guide, 4).

Guarantees: the link stands in no page and in no address of ours; it is the redirect's alone, which
nobody keeps and which tells the messenger nothing of the page that it came from. Whoever waits is
let on without a reload; without scripts the page asks again by itself.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, assert_never

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from console import lesson_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import known_form
from console.render import Renderer, wants_part
from domain.ids import LessonId
from operations import lesson_opening
from operations.lesson_opening import Before, CallState, Gone, NotReady, Over, Step, WayIn
from operations.store import StaffStore

HOME: Final = "/my"
HOME_SECONDS: Final = 10
_ASK_SECONDS: Final = 20
_SOON: Final = 60
_ASK_SECONDS_SOON: Final = 2


@dataclass(frozen=True, slots=True)
class LessonOpeningPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        return [Entry("/lessons/{lesson_id}/open", self.open, Door(Need.PERSON, elsewhere="/"))]

    async def open(
        self, request: Request, lesson_id: str, home: Annotated[Literal["", "1"], Query()] = ""
    ) -> Response:
        """In, if the lesson runs; else why not. ``home``: the end was shown for long enough."""
        which, visit = LessonId(known_form(lesson_id)), visitor(request)
        found = await lesson_opening.opening(self.store, visit.actor, which)
        part = wants_part(request)
        if isinstance(found.step, WayIn) and not part:
            return _once(found.step.link)
        if home and part and isinstance(found.step, Over | Gone):
            return Response(status_code=200, headers={"HX-Redirect": HOME, **_UNKEPT})
        values = {
            "lesson": found.lesson,
            "step": _name(found.step),
            "seconds": found.step.seconds if isinstance(found.step, Before) else 0,
            "call": found.step.call if isinstance(found.step, NotReady) else CallState.READY,
            "say": lesson_words,
            "path": request.url.path,
            "home": HOME,
            "home_seconds": HOME_SECONDS,
            "ask_seconds": _asks_in(found.step),
            "again": _again(found.step, request.url.path),
        }
        return self.renderer.answer(request, "lesson_open", values)


_UNKEPT: Final = {"Cache-Control": "no-store"}


def _once(link: str) -> Response:
    """To the call; nobody keeps the answer, and the call is not told of the page."""
    return RedirectResponse(link, 303, headers=_UNKEPT)


def _asks_in(step: Step) -> int:
    """In how many seconds the page asks by itself: whoever waits for days asks no faster."""
    is_far = isinstance(step, Before) and step.seconds > _SOON
    return _ASK_SECONDS if is_far else _ASK_SECONDS_SOON


def _again(step: Step, path: str) -> str:
    """When, and for what, a browser without scripts asks by itself."""
    match step:
        case Over() | Gone():
            return f"{HOME_SECONDS}; url={HOME}"
        case Before(seconds):
            return f"{min(seconds, _ASK_SECONDS)}; url={path}"
        case NotReady() | WayIn():
            return f"5; url={path}"
        case _:
            assert_never(step)


def _name(step: Step) -> str:
    match step:
        case Before():
            return "before"
        case WayIn():
            return "running"
        case NotReady():
            return "not_ready"
        case Over():
            return "over"
        case Gone():
            return "gone"
        case _:
            assert_never(step)
