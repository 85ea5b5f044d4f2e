"""The Slack stand-in is the program that is known, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from crbot.demo.local_slack import PACKAGE, VERSION, StandInMissing, installed


def test_another_program_in_its_place_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "crbot" / f"local-slack-{VERSION}" / "node_modules" / PACKAGE / "bin" / "local-slack"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(StandInMissing, match=r"Slack stand-in|not the program that is known"):
        installed()
