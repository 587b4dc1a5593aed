"""Links as QR codes: SVG that stands in a page, with neither style nor script nor address.

Guarantees: the picture is made here, so a link that is a secret is told to nobody else; the text
of the link is not in it. A link that is too long for a code that one can read has no picture.
Making one takes milliseconds, and a class's parents are shown the same few: each is made once.
"""

from functools import lru_cache
from io import BytesIO
from typing import Final

import segno
from markupsafe import Markup

_LONGEST: Final = 1000
_QUIET_ZONE: Final = 4
_KEPT: Final = 1024
"""Pictures, of some two kilobytes each."""


@lru_cache(_KEPT)
def qr(url: str) -> Markup:
    """The picture of a link; empty where there can be none."""
    if len(url) > _LONGEST:
        return Markup()
    picture = BytesIO()
    code = segno.make(url, micro=False, error="m")
    code.save(picture, kind="svg", xmldecl=False, omitsize=True, border=_QUIET_ZONE, light="#fff")
    return Markup(picture.getvalue().decode())  # noqa: S704 - segno's own; the link is not in it
