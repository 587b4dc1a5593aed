"""The events of a made-up school's subject groups."""

from collections.abc import Iterator, Mapping, Sequence

from synth.classes import Group, SchoolClass, subject_groups
from synth.dice import Dice
from synth.journal import Event, Journal
from synth.people import MANY, People


class GroupEvents:
    """Writes the groups of a school's classes, one after the other."""

    def __init__(self, school_id: str, start: int, journal: Journal, dice: Dice) -> None:
        self._school_id = school_id
        self._start = start
        self._journal = journal
        self._dice = dice

    def events(
        self,
        classes: Sequence[SchoolClass],
        last_year: SchoolClass | None,
        everybody: People,
        visiting: str | None,
        newly_in: Mapping[str, Sequence[str]],
    ) -> Iterator[Event]:
        """Every group; those with a list take in who came during the year.

        Who left the class stays on the list, as registers do. Two groups of last year's
        class are closed with it, and one group closed in the middle of the year.
        """
        closing = len(everybody.pupils) >= MANY
        for index, one in enumerate(classes):
            groups = subject_groups(one, everybody.teachers, visiting, self._dice)
            for group in groups:
                yield from self._group(group, newly_in.get(one.class_id, ()))
            if index == 0 and closing:
                yield self._changed(groups[4], 2, closed_on=self._start // 2)
        if last_year is not None:
            for group in subject_groups(last_year, everybody.teachers, None, self._dice)[7:9]:
                yield self._changed(group, 1, closed_on=self._start - 70)

    def _group(self, group: Group, newcomers: Sequence[str]) -> Iterator[Event]:
        first = self._changed(group, 1)
        if group.pupil_ids is None or not newcomers or not str(group.name).endswith("/1"):
            yield first
            return
        roster = (*group.pupil_ids, *(one for one in newcomers if one not in group.pupil_ids))
        second = self._changed(group, 2, roster=roster)
        yield from (second, first) if self._dice.chance(0.5) else (first, second)

    def _changed(
        self,
        group: Group,
        version: int,
        *,
        roster: Sequence[str] | None = None,
        closed_on: int | None = None,
    ) -> Event:
        pupils = roster if roster is not None else group.pupil_ids
        data: Event = {
            "group_id": group.group_id,
            "school_id": self._school_id,
            "class_id": group.class_id,
            "version": version,
            "subject": group.subject,
        }
        if group.name is not None:
            data["name"] = group.name
        data |= {
            "teacher_ids": list(group.teacher_ids),
            "pupils": "whole-class" if pupils is None else list(pupils),
            "status": "active",
        }
        time = self._start - 5
        if closed_on is not None:
            data |= {"status": "closed", "closed_on": self._journal.days.day(closed_on)}
            time = closed_on - 3
        elif version > 1:
            time = min(-1, self._start // 2)
        at = self._journal.days.instant(time, "11:00:00")
        return self._journal.event("subject-group.changed", group.group_id, at, data)
