"""The envelope around every made-up event, numbered within its school."""

from typing import Final

from synth.days import Days

Event = dict[str, object]
"""A structured CloudEvent, ready to be written as JSON."""

SOURCE: Final = "urn:sgo:synth"


class Journal:
    """Writes the events of one school; the ids follow the order of writing."""

    def __init__(self, school: int, days: Days) -> None:
        self.days: Final = days
        self._school = f"e-{school:04d}"
        self._written = 0

    def event(self, kind: str, subject: str, time: str, data: Event) -> Event:
        """An event of the type ``sgo.<kind>.v1``, recorded upstream at ``time``."""
        self._written += 1
        return {
            "specversion": "1.0",
            "id": f"{self._school}-{self._written:06d}",
            "source": SOURCE,
            "type": f"sgo.{kind}.v1",
            "subject": subject,
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        }
