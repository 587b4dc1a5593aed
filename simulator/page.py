"""The one page for people: which chats there are, who is in them, and what was called.

Rendered on the server, without scripts and without anything loaded from elsewhere; it reads
well at the width of a phone.
"""

from itertools import islice

from jinja2 import Environment, StrictUndefined
from starlette.responses import HTMLResponse

from simulator.operations import Call, CallKind, Operation
from simulator.statistics import Statistics
from simulator.world import World

_SHOWN = 200
_ADMINS_SHOWN = 10

_KINDS = {
    "create": "создать чат",
    "add": "добавить людей",
    "remove": "удалить человека",
    "promote": "назначить администраторов",
    "demote": "снять администратора",
    "rename": "переименовать",
    "delete": "удалить чат",
    "reads": "чтение",
    "other": "прочее",
}

_TEMPLATE = """<!DOCTYPE html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Симулятор MAX</title>
<style>
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem;
       color: #1c2430; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #d5dae1;
         vertical-align: top; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; }
.quiet { color: #566070; }
@media (max-width: 40rem) { .wide { display: none; } }
</style>
</head>
<body>
<main>
<h1>Симулятор MAX</h1>
<p class="quiet">Чаты живут только здесь: настоящего мессенджера за этой страницей нет.</p>
<h2>Вызовы API</h2>
<table>
<thead><tr><th>Что</th><th class="n">Сколько</th></tr></thead>
<tbody>
{% for name, count in kinds %}<tr><td>{{ name }}</td><td class="n">{{ count }}</td></tr>
{% endfor %}</tbody>
</table>
<h2>Чаты: {{ total }}</h2>
{% if chats %}
<table>
<thead><tr><th>Название</th><th class="n">Участников</th><th>Администраторы</th>
<th class="wide">Номер</th></tr></thead>
<tbody>
{% for chat in chats %}<tr><td>{{ chat.title }}</td><td class="n">{{ chat.members }}</td>
<td>{{ chat.admins or "—" }}</td><td class="wide">{{ chat.chat_id }}</td></tr>
{% endfor %}</tbody>
</table>
{% if total > chats|length %}<p class="quiet">Показаны последние {{ chats|length }};
все — в <a href="/sim/chats">/sim/chats</a>.</p>{% endif %}
{% else %}
<p>Пока нет ни одного чата.</p>
{% endif %}
</main>
</body>
</html>
"""


class Page:
    """Renders the page from the state of the moment."""

    def __init__(self, world: World, statistics: Statistics) -> None:
        self._world = world
        self._statistics = statistics
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        self._template = environment.from_string(_TEMPLATE)

    def operations(self) -> list[Operation]:
        """Where it is."""
        return [Operation("GET", "/", CallKind.OTHER, self.render)]

    async def render(self, _call: Call) -> HTMLResponse:
        """The page; members are counted without the bot."""
        counts = self._statistics.by_kind()
        html = self._template.render(
            kinds=[(name, counts[kind]) for kind, name in _KINDS.items()],
            total=len(self._world.chats),
            chats=[
                {
                    "title": chat.title,
                    "chat_id": chat.chat_id,
                    "members": len(chat) - (chat.owner_id in chat),
                    "admins": _listed(sorted(chat.admins.keys() - {chat.owner_id})),
                }
                for chat in islice(self._world.chats, _SHOWN)
            ],
        )
        return HTMLResponse(html)


def _listed(admins: list[int]) -> str:
    shown = ", ".join(str(user_id) for user_id in admins[:_ADMINS_SHOWN])
    left = len(admins) - _ADMINS_SHOWN
    return f"{shown} и ещё {left}" if left > 0 else shown
