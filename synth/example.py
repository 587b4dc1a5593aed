"""The example school as records for Kafka, the two corrupt ones included: what ``demo`` sends."""

from collections.abc import Iterator
from datetime import date

from schemas.decode import Rejected
from schemas.encode import Unpublishable, read_line
from schemas.raw import RawRecord
from synth.relative import render
from synth.template import CORRUPT, template_lines


def example_records(today: date) -> Iterator[RawRecord]:
    """The records in the order of publication, with dates counted from ``today``.

    Raises ``Unpublishable`` if ``today`` is so far off that its dates do not exist.
    """
    for number, line in enumerate(template_lines()):
        if number % 2_000 == 500 and number // 2_000 < len(CORRUPT):
            bad = CORRUPT[number // 2_000]
            yield RawRecord(bad.topic, bad.key.encode(), bad.value.encode())
        made = read_line(render(line, today))
        if isinstance(made, Rejected):
            raise Unpublishable(made.reason)
        yield RawRecord(made.topic, made.key, made.value, made.headers)
