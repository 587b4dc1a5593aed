"""The two statements that each table of facts needs, made from its description.

*Apply* writes the rows that outrank what is stored, moves what they replace to
``fact_history``, and answers, after the count of rows that were written, their keys, whether
each replaced something, and the watched columns of that; where every row was written, only
those that replaced something, and always one row for the count. *Keep* puts into
``fact_history`` the versions that are not the one that counts. Both do nothing for a version
that is known already.

``old`` in RETURNING needs PostgreSQL 18.
"""

from dataclasses import dataclass
from typing import Any, Final

from domain.facts import Fact
from projections.facts.fact_table import RANK, Column, FactTable
from projections.facts.tables import TABLES
from projections.text_arrays import array_of

ORIGIN: Final = (("topic", "text"), ("part", "int"), ("off", "bigint"))
"""Where a fact was read, sent after the columns of the fact and of its rank."""

_RANK_NAMES: Final = tuple(column.name for column in RANK)
_NOT_BODY: Final = (*_RANK_NAMES, "topic", "part", "off", "known_since")


@dataclass(frozen=True, slots=True)
class Statements:
    """Both take the items of each of ``columns`` and of ``ORIGIN`` by its name, and ``now``."""

    table: FactTable[Any]
    columns: tuple[Column, ...]
    apply: str
    keep: str


def _arrays(columns: tuple[Column, ...]) -> str:
    origin = [array_of(type_, name) for name, type_ in ORIGIN]
    return ", ".join([column.parameter for column in columns] + origin)


def _names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns] + [name for name, _ in ORIGIN]


def _values(columns: tuple[Column, ...]) -> str:
    fact = [
        f"u.{column.name}::{column.type}" if column.type == "text[]" else f"u.{column.name}"
        for column in columns
    ]
    return ", ".join(fact + [f"u.{name}" for name, _ in ORIGIN])


def _row(alias: str, names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"{alias}.{name}" for name in names) + ")"


def _apply(table: FactTable[Any], columns: tuple[Column, ...]) -> str:
    names = _names(columns)
    keys = ", ".join(f"t.{key}" for key in table.keys)
    watched = "".join(f", old.{name} AS old_{name}" for name in table.watched)
    watched_out = "".join(f", a.old_{name}" for name in table.watched)
    kept = ", ".join(f"(a.was->>'{name}')::{type_}" for name, type_ in _KEPT)
    return f"""
    WITH applied AS (
        INSERT INTO {table.name} AS t ({", ".join(names)}, known_since)
        SELECT {_values(columns)}, CAST(:now AS timestamptz)
          FROM unnest({_arrays(columns)}) AS u ({", ".join(names)})
        ON CONFLICT ({", ".join(table.keys)}) DO UPDATE
           SET {", ".join(f"{name} = excluded.{name}" for name in names)},
               known_since = excluded.known_since
         WHERE {_row("excluded", _RANK_NAMES)} > {_row("t", _RANK_NAMES)}
        RETURNING {keys}, old.version IS NOT NULL AS replaced,
                  CASE WHEN old.version IS NOT NULL THEN to_jsonb(old) END AS was{watched}),
    replaced AS (
        INSERT INTO fact_history (kind, key, body, {", ".join(name for name, _ in _KEPT)},
                                  superseded_at)
        SELECT '{table.kind}', concat_ws('|', {_row("a", table.keys)[1:-1]}),
               a.was - '{{{",".join((*_NOT_BODY, *table.generated))}}}'::text[], {kept}, :now
          FROM applied a WHERE a.replaced
        ON CONFLICT DO NOTHING)
    SELECT total.count, {_row("a", table.keys)[1:-1]}, a.replaced{watched_out}
      FROM (SELECT count(*) FROM applied) AS total
      LEFT JOIN applied a ON a.replaced OR total.count < cardinality(CAST(:off AS bigint[]))"""  # noqa: S608 - names are ours


_KEPT: Final = (
    *((column.name, column.type) for column in RANK),
    *ORIGIN,
    ("known_since", "timestamptz"),
)


def _keep(table: FactTable[Any], columns: tuple[Column, ...]) -> str:
    names = _names(columns)
    body = [
        f"u.{column.name}::{column.type} AS {column.name}"
        for column in columns
        if column.name not in _RANK_NAMES
    ]
    own = ", ".join(f"u.{name}" for name in (*_RANK_NAMES, *(name for name, _ in ORIGIN)))
    same = _row("t", (*table.keys, *_RANK_NAMES))
    return f"""
    INSERT INTO fact_history (kind, key, body, {", ".join(name for name, _ in _KEPT)},
                              superseded_at)
    SELECT '{table.kind}', concat_ws('|', {_row("u", table.keys)[1:-1]}), to_jsonb(b), {own},
           CAST(:now AS timestamptz), CAST(:now AS timestamptz)
      FROM unnest({_arrays(columns)}) AS u ({", ".join(names)}),
           LATERAL (SELECT {", ".join(body)}) AS b
     WHERE NOT EXISTS (SELECT FROM {table.name} t
                        WHERE {same} = {_row("u", (*table.keys, *_RANK_NAMES))})
    ON CONFLICT DO NOTHING"""  # noqa: S608 - names are ours


def _statements(table: FactTable[Any]) -> Statements:
    columns = (*table.columns, *RANK)
    return Statements(table, columns, _apply(table, columns), _keep(table, columns))


STATEMENTS: Final[dict[type[Fact], Statements]] = {
    type_: _statements(table) for type_, table in TABLES.items()
}
