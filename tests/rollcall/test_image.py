"""The image has every room of the house."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["wheel"]["packages"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_wheel_is_in_the_image(room: str) -> None:
    assert f"COPY {room} ./{room}\n" in (ROOT / "Dockerfile").read_text("utf-8")
    assert f"!{room}\n" in (ROOT / ".dockerignore").read_text("utf-8")


def test_every_folder_of_the_product_is_in_the_wheel() -> None:
    others = {"tests", "benchmarks", "examples"}
    found = {each.parent.name for each in ROOT.glob("*/__init__.py")}
    assert found - others == set(ROOMS)
