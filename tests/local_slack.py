"""Starts the Slack stand-in for tests, or skips them where there is none to be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crbot.demo.local_slack import STAFF, LocalSlack, NoLocalSlack, User

RIVERA = User("U0RIVERA", "ana.rivera", "Chief Ana Rivera", "arivera@springfieldpd.example.gov")


@pytest.fixture(scope="module")
def local_slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    folder: Path = tmp_path_factory.mktemp("slack")
    try:
        stand_in = LocalSlack.start(folder, (*STAFF, RIVERA))
    except NoLocalSlack as missing:
        pytest.skip(str(missing))
    yield stand_in
    stand_in.stop()
