"""The pictures of the staff's guide: all there, small, and shown with words for who cannot see."""

import re
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.browser.pictures import FOLDER, LARGEST, PHONE, PICTURES, small

_GUIDE = Path(FOLDER).parent / "staff.ru.md"


def test_the_guide_shows_every_picture_that_is_made_and_no_other() -> None:
    made = {f"{picture.name}.png" for picture in PICTURES}
    shown = re.findall(r"!\[([^]]*)\]\(pictures/([^)]+)\)", _GUIDE.read_text(encoding="utf-8"))
    assert {path.name for path in FOLDER.iterdir()} == made
    assert sorted(name for _, name in shown) == sorted(made)
    assert all(len(words) > 15 for words, _ in shown)


def test_the_pictures_are_small_and_as_wide_as_their_screens() -> None:
    for picture in PICTURES:
        path = FOLDER / f"{picture.name}.png"
        assert path.stat().st_size <= LARGEST, picture.name
        with Image.open(path) as image:
            assert image.width == picture.size[0]
            assert image.mode == "P"
    assert sum(picture.size == PHONE for picture in PICTURES) == 2


def test_a_picture_in_few_colours_is_the_same_picture() -> None:
    into = BytesIO()
    Image.new("RGB", (40, 30), "#1d4f91").save(into, "PNG")
    with Image.open(BytesIO(small(into.getvalue()))) as image:
        assert image.size == (40, 30)
        assert image.convert("RGB").getpixel((7, 7)) == (0x1D, 0x4F, 0x91)
