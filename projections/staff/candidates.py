"""«Выбрать участников чата»: the people of a school who can be chosen for a chat.

Read behind the fence: nobody else is there. Guarantees: what is shown, what is counted and what
is chosen are judged by the same conditions in one statement, so they cannot differ; a page costs
a page's rows, and not the school's.
"""

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.choice import Choice
from domain.ids import PersonId
from projections.staff.candidate_rows import (
    Candidate,
    CandidatesFilter,
    Found,
    Order,
    Part,
    Pool,
    SortedBy,
)
from projections.staff.names import PersonName

_LEARNS = """w.part = 'pupil' AND EXISTS (
             SELECT FROM fact_subject_groups g
              WHERE g.group_id = ANY(CAST(:learning_in AS text[]))
                AND g.school_id = w.school_id AND g.class_id = w.class_id
                AND (g.pupil_ids IS NULL OR w.person_id = ANY(g.pupil_ids)))"""
"""Of a row ``w`` of ``staff.named_people``: a pupil who learns in one of the groups."""


def _takes(prefix: str) -> str:
    """The conditions of a filter on the rows of ``pair``, grouped by person."""
    return f"""(bool_or((cardinality(CAST(:{prefix}parts AS text[])) = 0
                         OR part = ANY(CAST(:{prefix}parts AS text[])))
                        AND (:{prefix}class = '' OR class_id = :{prefix}class))
                AND (:{prefix}sex = '' OR min(sex) = :{prefix}sex)
                AND (cardinality(CAST(:{prefix}words AS text[])) = 0 OR (
                    SELECT bool_and(strpos({_FOLDED}, w) > 0)
                      FROM unnest(CAST(:{prefix}words AS text[])) w)))"""  # noqa: S608 - constants


_FOLDED = """replace(lower(concat_ws(' ', min(surname), min(given_name), min(patronymic))),
                                         'ё', 'е')"""

# Of everybody only what decides who is shown, in which order, and who is chosen.
_JUDGED = f"""
    WITH pair AS (
        SELECT w.person_id, w.part, w.class_id, w.surname, w.given_name, w.patronymic,
               w.birth_date, w.sex
          FROM staff.named_people w
         WHERE w.school_id = :school
           AND (CAST(:learning_in AS text[]) IS NULL OR {_LEARNS})),
    person AS MATERIALIZED (
        SELECT p.person_id, min(surname) AS surname, min(given_name) AS given_name,
               coalesce(min(patronymic), '') AS patronymic, min(birth_date) AS birth_date,
               array_agg(part) AS parts, array_agg(class_id) AS classes,
               p.person_id IN (SELECT person_id FROM expected_members
                                WHERE chat_id = :chat) AS already,
               {_takes("w_")} AS shown,
               :c_all AND {_takes("c_")} AS taken,
               p.person_id = ANY(CAST(:also AS text[])) AS also,
               p.person_id = ANY(CAST(:without AS text[])) AS without
          FROM pair p GROUP BY p.person_id)"""  # noqa: S608 - constants

_CHOSEN_BY = "((taken AND NOT without) OR also)"

_DIGEST = """coalesce(md5(string_agg(person_id, ' ' ORDER BY person_id)
                            FILTER (WHERE taken)), '') AS digest"""

_CHOSEN = f"""{_JUDGED}
    SELECT coalesce(array_agg(person_id ORDER BY person_id)
                        FILTER (WHERE {_CHOSEN_BY} AND NOT already), '{{}}') AS people,
           {_DIGEST}
      FROM person"""  # noqa: S608 - constants

_COUNTED = f"""
    counted AS (
        SELECT count(*) FILTER (WHERE shown) AS total,
               count(*) FILTER (WHERE shown AND NOT already) AS matching,
               count(*) FILTER (WHERE {_CHOSEN_BY} AND NOT already) AS chosen,
               {_DIGEST},
               coalesce(array_agg(person_id) FILTER (WHERE (also OR without) AND NOT already),
                        '{{}}') AS named
          FROM person)"""  # noqa: S608 - constants

_KEY = "replace(lower({}), 'ё', 'е' || chr(65535)) COLLATE \"C\""
"""Russian order without a Russian collation: ё right after е."""


_PARTS = """(SELECT json_agg(DISTINCT jsonb_build_array(x.part, f.name))
              FROM unnest(p.parts, p.classes) AS x (part, class_id)
              LEFT JOIN fact_classes f USING (class_id))"""

_EXCLUDED = """coalesce((SELECT d.choice = 'excluded' FROM decisions d
                      WHERE d.chat_id = :chat AND d.person_id = p.person_id
                        AND d.subject = 'membership'
                      ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1), false)"""
"""Of a row ``p`` of the page: whether the latest decision about them took them out by hand."""


def _listed(by: SortedBy, direction: str) -> TextClause:
    keys = ["surname", "given_name", "patronymic"]
    names = [_KEY.format(each) for each in keys if each != by.value]
    first = "birth_date" if by is SortedBy.BIRTH_DATE else _KEY.format(by.value)
    order = f"{first} {direction} NULLS LAST, {', '.join(names)}, person_id"
    return text(f"""{_JUDGED},{_COUNTED},
    page AS (
        SELECT *, {_CHOSEN_BY} AS chosen_now FROM person WHERE shown
         ORDER BY {order} LIMIT :size
        OFFSET greatest(0, least(:page - 1, ((SELECT total FROM counted) - 1) / :size)) * :size)
    SELECT c.*, p.person_id, p.surname, p.given_name, p.patronymic, p.birth_date, p.already,
           p.chosen_now, {_PARTS} AS parts, {_EXCLUDED} AS excluded
      FROM counted c LEFT JOIN page p ON true ORDER BY {order}""")  # noqa: S608 - constants


_LISTED = {
    (by, descending): _listed(by, "DESC" if descending else "ASC")
    for by in SortedBy
    for descending in (False, True)
}


async def candidates(
    connection: AsyncConnection,
    pool: Pool,
    wanted: CandidatesFilter,
    choice: Choice[CandidatesFilter],
    order: Order,
) -> Found:
    """A page of those whom ``wanted`` takes, and how many are chosen of all."""
    statement = _LISTED[order.by, order.descending]
    asked = _asked(pool, wanted, choice) | {"size": order.size, "page": order.page}
    rows = (await connection.execute(statement, asked)).all()
    first = rows[0]
    return Found(
        rows=[
            Candidate(
                PersonId(row.person_id),
                PersonName(row.surname, row.given_name, row.patronymic),
                row.birth_date,
                tuple((Part(part), name) for part, name in row.parts),
                row.already,
                row.excluded,
                row.chosen_now and not row.already,
            )
            for row in rows
            if row.person_id is not None
        ],
        total=first.total,
        matching=first.matching,
        chosen=first.chosen,
        digest=first.digest,
        named=frozenset(map(PersonId, first.named)),
    )


async def chosen(
    connection: AsyncConnection,
    pool: Pool,
    choice: Choice[CandidatesFilter],
) -> tuple[list[PersonId], str]:
    """Whoever is chosen, of the school's people who are not in the chat yet; and the digest."""
    asked = _asked(pool, CandidatesFilter(), choice)
    row = (await connection.execute(text(_CHOSEN), asked)).one()
    return [PersonId(each) for each in row.people], row.digest


def _asked(
    pool: Pool, wanted: CandidatesFilter, choice: Choice[CandidatesFilter]
) -> dict[str, object]:
    return {
        "chat": pool.chat_id,
        "school": pool.school_id,
        "learning_in": None if pool.learning_in is None else sorted(pool.learning_in),
        "c_all": choice.everybody is not None,
        "also": sorted(choice.also),
        "without": sorted(choice.without),
        **_conditions("w_", wanted),
        **_conditions("c_", choice.everybody or CandidatesFilter()),
    }


def _conditions(prefix: str, wanted: CandidatesFilter) -> dict[str, object]:
    return {
        f"{prefix}words": wanted.words.casefold().replace("ё", "е").split(),
        f"{prefix}parts": sorted(each.value for each in wanted.parts),
        f"{prefix}class": wanted.class_id,
        f"{prefix}sex": wanted.sex,
    }
