import inspect

import pytest

from tests.soak.crash_points import POINTS, Fuse, Point, after, after_something, before


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_every_label_stands_at_a_function_that_exists(point: Point) -> None:
    assert inspect.iscoroutinefunction(point.function)


class _Died(BaseException):
    """In place of the death."""


@pytest.fixture
def fuse(monkeypatch: pytest.MonkeyPatch) -> Fuse:
    def die() -> None:
        raise _Died

    monkeypatch.setattr("tests.soak.crash_points.die", die)
    return Fuse(2)


async def test_a_process_dies_at_the_pass_that_was_asked_for(fuse: Fuse) -> None:
    passed = []

    async def function(number: int) -> None:
        passed.append(number)

    wrapped = before(function, fuse)
    await wrapped(1)
    with pytest.raises(_Died):
        await wrapped(2)
    assert passed == [1]


async def test_a_process_that_dies_after_a_function_has_done_what_it_does(fuse: Fuse) -> None:
    passed = []

    async def function(number: int) -> None:
        passed.append(number)

    wrapped = after(function, fuse)
    await wrapped(1)
    with pytest.raises(_Died):
        await wrapped(2)
    assert passed == [1, 2]


async def test_passes_that_found_nothing_do_not_count(fuse: Fuse) -> None:
    async def function(found: str | None) -> str | None:
        return found

    wrapped = after_something(function, fuse)
    for _ in range(5):
        assert await wrapped(None) is None
    assert await wrapped("lease") == "lease"
    with pytest.raises(_Died):
        await wrapped("lease")
