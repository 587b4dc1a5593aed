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
"""Of a row ``w`` of ``staff.people_of_schools``: a pupil who learns in one of the groups."""


def _takes(prefix: str) -> str:
    """The conditions of a filter on the rows of ``pair``, grouped by person."""
    return f"""(bool_or((cardinality(CAST(:{prefix}parts AS text[])) = 0
                         OR part = ANY(CAST(:{prefix}parts AS text[])))
                        AND (:{prefix}class = '' OR class_id = :{prefix}class))
                AND (:{prefix}sex = '' OR min(sex) = :{prefix}sex)
                AND (SELECT coalesce(bool_and(strpos(min(folded), w) > 0), true)
                       FROM unnest(CAST(:{prefix}words AS text[])) w))"""  # noqa: S608 - constants


# The latest decision about each person's membership says who was taken out by hand.
_JUDGED = f"""
    WITH pair AS (
        SELECT w.person_id, w.part, w.class_id, f.name AS class_name, p.surname, p.given_name,
               coalesce(p.patronymic, '') AS patronymic, p.birth_date, p.sex,
               replace(lower(concat_ws(' ', p.surname, p.given_name, p.patronymic)), 'ё', 'е')
               AS folded
          FROM staff.people_of_schools w
          JOIN fact_people p USING (person_id)
          LEFT JOIN fact_classes f ON f.class_id = w.class_id
         WHERE w.school_id = :school AND NOT p.removed
           AND (CAST(:learning_in AS text[]) IS NULL OR {_LEARNS})),
    decided AS (
        SELECT DISTINCT ON (person_id) person_id, choice FROM decisions
         WHERE chat_id = :chat AND subject = 'membership'
         ORDER BY person_id, at DESC, decision_id COLLATE "C" DESC),
    person AS MATERIALIZED (
        SELECT p.person_id, min(surname) AS surname, min(given_name) AS given_name,
               min(patronymic) AS patronymic, min(birth_date) AS birth_date,
               json_agg(DISTINCT jsonb_build_array(part, class_name)) AS parts,
               EXISTS (SELECT FROM expected_members m
                        WHERE m.chat_id = :chat AND m.person_id = p.person_id) AS already,
               coalesce((SELECT d.choice = 'excluded' FROM decided d
                          WHERE d.person_id = p.person_id), false) AS excluded,
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


def _listed(by: SortedBy, direction: str) -> TextClause:
    keys = ["surname", "given_name", "patronymic"]
    names = [_KEY.format(each) for each in keys if each != by.value]
    first = "birth_date" if by is SortedBy.BIRTH_DATE else _KEY.format(by.value)
    order = f"{first} {direction} NULLS LAST, {', '.join(names)}, person_id"
    return text(f"""{_JUDGED},{_COUNTED},
    page AS (
        SELECT *, {_CHOSEN_BY} AS chosen_now,
               row_number() OVER (ORDER BY {order}) AS place FROM person WHERE shown
         ORDER BY place LIMIT :size
        OFFSET greatest(0, least(:page - 1, ((SELECT total FROM counted) - 1) / :size)) * :size)
    SELECT c.*, p.* FROM counted c LEFT JOIN page p ON true ORDER BY p.place""")  # noqa: S608 - constants


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
