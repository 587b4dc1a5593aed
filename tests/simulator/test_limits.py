"""Thirty requests in any second, and what is counted."""

from collections import deque
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from simulator.config import Era, SimulatorConfig
from simulator.limits import RateLimit
from tests.simulator.harness import MEMBERS, UNLIMITED, Clock, started


async def test_the_31st_call_in_a_second_is_429_and_the_next_second_starts_anew() -> None:
    clock = Clock()
    async with started(SimulatorConfig(monotonic=clock)) as site:
        statuses = [(await site.client.get("/me")).status_code for _ in range(30)]
        assert statuses == [200] * 30
        late = await site.client.get("/me")
        assert (late.status_code, late.headers.get("retry-after")) == (429, None)
        assert late.json() == {
            "code": "too.many.requests",
            "message": "Too many requests. Limit is: 30 calls per second.",
        }
        clock.now += 0.999
        assert (await site.client.get("/me")).status_code == 429
        clock.now += 0.001
        assert (await site.client.get("/me")).status_code == 200


async def test_a_429_had_a_retry_after_before() -> None:
    config = replace(UNLIMITED, monotonic=Clock(), era=Era.SUMMER_2026, requests_per_second=1)
    async with started(config) as site:
        await site.client.get("/me")
        assert (await site.client.get("/me")).headers["retry-after"] == "1"


async def test_a_kind_of_calls_may_be_limited_by_itself() -> None:
    config = replace(UNLIMITED, monotonic=Clock(), kind_limits={"reads": 2})
    async with started(config) as site:
        chat = f"/chats/{await site.create([1])}"
        statuses = [(await site.client.get(chat)).status_code for _ in range(4)]
        assert statuses == [200, 200, 429, 429]
        assert "2 calls per second" in (await site.client.get(chat)).json()["message"]
        assert (await site.client.patch(chat, json={"title": "10г"})).status_code == 200


async def test_levers_and_page_are_not_limited_and_not_counted() -> None:
    async with started(replace(UNLIMITED, requests_per_second=1, monotonic=Clock())) as site:
        for _ in range(3):
            assert (await site.client.get("/sim/chats")).status_code == 200
            assert (await site.client.get("/")).status_code == 200
        assert (await site.client.get("/me")).status_code == 200
        assert (await site.client.get("/sim/stats")).json()["total"] == 1


async def test_a_refused_call_has_no_effect() -> None:
    async with started(replace(UNLIMITED, requests_per_second=1, monotonic=Clock())) as site:
        chat_id = await site.create([1])
        answer = await site.client.delete(f"/chats/{chat_id}/members?user_id=1")
        assert answer.status_code == 429
        assert site.people(chat_id) == {1}
        assert (await site.client.get("/sim/stats")).json()["changing"]["remove"] == 0


@given(
    st.lists(st.floats(min_value=0, max_value=0.5), max_size=200),
    st.integers(min_value=1, max_value=10),
)
def test_no_second_ever_admits_more_than_the_limit(steps: list[float], limit: int) -> None:
    clock = Clock(0.0)
    gate = RateLimit(limit, clock)
    admitted: deque[float] = deque()
    for step in steps:
        clock.now += step
        if gate.admit():
            admitted.append(clock.now)
        window = [moment for moment in admitted if moment > clock.now - 1.0]
        assert len(window) <= limit


async def test_statistics_tell_calls_by_path_and_kind_and_the_peak() -> None:
    clock = Clock()
    async with started(replace(UNLIMITED, monotonic=clock)) as site:
        chat_id = await site.create([1])
        chat = f"/chats/{chat_id}"
        clock.now += 10
        await site.client.post(f"{chat}/members", json={"user_ids": [2]})
        await site.client.post(f"{chat}/members", json={"user_ids": [2]})
        await site.client.get(f"{chat}/members")
        await site.client.get("/nowhere")
        await site.client.delete(f"{chat}/members?user_id=x")
        stats = (await site.client.get("/sim/stats")).json()
        assert stats == {
            "calls": [
                {"method": "GET", "path": "(unknown)", "status": 404, "count": 1},
                {"method": "DELETE", "path": MEMBERS, "status": 400, "count": 1},
                {"method": "GET", "path": MEMBERS, "status": 200, "count": 1},
                {"method": "POST", "path": MEMBERS, "status": 200, "count": 2},
                {"method": "POST", "path": "/partner/v1/chats", "status": 200, "count": 1},
            ],
            "total": 6,
            "peak_per_second": 5,
            "changing": {
                "create": 1,
                "add": 2,
                "remove": 1,
                "promote": 0,
                "demote": 0,
                "rename": 0,
                "delete": 0,
            },
            "without_effect": {
                "create": 0,
                "add": 1,
                "remove": 0,
                "promote": 0,
                "demote": 0,
                "rename": 0,
                "delete": 0,
            },
            "reads": 1,
            "other": 0,
        }
        await site.client.delete("/sim/stats")
        again = (await site.client.get("/sim/stats")).json()
        assert (again["total"], again["calls"], again["peak_per_second"]) == (0, [], 0)
