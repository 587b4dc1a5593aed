"""A data directory that cannot be used is named, with what to do."""

from pathlib import Path

import pytest

from rollcall.embedded import EmbeddedError, EmbeddedKafka, EmbeddedPostgres


async def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wanted = tmp_path / "file" / "postgres"
    with pytest.raises(EmbeddedError, match=f"cannot write in the data directory {wanted}"):
        await EmbeddedPostgres(wanted).start()


async def test_stopping_what_never_started_is_nothing(tmp_path: Path) -> None:
    server = EmbeddedKafka(tmp_path / "kafka")
    await server.stop()
    await server.kill()
    assert server.pid is None
