"""Where in our code something failed: for a log line, without a word of the error's own text."""

import traceback
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def place_of(error: BaseException) -> str:
    """The last line of ours that the error came through, as ``file.py:12``."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename))]
    last = (ours or frames)[-1:]
    return f"{Path(last[0].filename).name}:{last[0].lineno}" if last else "nowhere"


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(_ROOT) and ".venv" not in file.parts
