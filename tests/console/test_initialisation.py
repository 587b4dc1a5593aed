"""«Инициализировать список чатов» over HTTP: the choice, what it comes to, and what became of it."""

import re

from tests.console.managing import Managing, words
from tests.staff.town import ALPHA

PATH = f"/initialisation/{ALPHA.school}"


async def test_smoke(school: Managing) -> None:
    for query in ("", "?kind=class&kind=parents&hand=drop", "?hand=keep"):
        answer = await school.console.get(PATH + query)
        print(answer.status_code, words(answer.text)[:3000])
    plan = re.search(
        r'name="plan" value="([^"]*)"',
        (await school.console.get(PATH + "?kind=class&kind=parents&hand=drop")).text,
    )
    answer = await school.send(PATH, kind="class", hand="drop", plan=plan.group(1))
    print(answer.status_code, words(answer.text)[:3000])
    answer = await school.console.get(PATH)
    print(answer.status_code, words(answer.text)[:3000])
    assert 0
