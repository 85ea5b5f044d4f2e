"""The register in the database: every version is kept, and of each list the newest counts."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from crbot.store.registers import Registers
from crbot.triage.register import Agency

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ELM, WALNUT, HARMON = (
    Agency(f"{name} Police Department", "OH") for name in ("Elm Ridge", "Walnut", "Harmon")
)


def test_the_newest_list_of_each_kind_counts_and_all_are_kept(engine: Engine) -> None:
    lists = Registers(engine)

    lists.add("gov", [ELM], "Jordan Lee", NOW)
    lists.add("own", [HARMON], "Jordan Lee", NOW)
    lists.add("gov", [ELM, WALNUT], "Jordan Lee", NOW)

    assert lists.of("gov") == (ELM, WALNUT)
    assert lists.of("fbi") == ()
    assert set(lists.all()) == {ELM, WALNUT, HARMON}
    assert [(version.source, version.count) for version in lists.versions()] == [
        ("gov", 2),
        ("own", 1),
        ("gov", 1),
    ]
