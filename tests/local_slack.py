"""Starts the Slack stand-in for tests, or skips them where there is none to be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crbot.demo.local_slack import LocalSlack, StandInMissing


@pytest.fixture(scope="module")
def local_slack() -> Iterator[LocalSlack]:
    stand_in = LocalSlack()
    try:
        stand_in.start()
    except StandInMissing as missing:
        pytest.skip(str(missing))
    yield stand_in
    stand_in.stop()
