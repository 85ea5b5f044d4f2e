"""A desk on disk that lives through a short story, and what must be true of it whatever happened on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from crbot.cases.letters import Letter
from crbot.cases.rulebook import Rulebook
from crbot.intake.ports import Verb
from crbot.store.checking import check
from crbot.store.engine import open_for_reading
from crbot.store.tables import inbox, outbox
from crbot.triage.message import Person
from tests.fakes import Clock
from tests.intake.office import CHIEF, REQUEST, Office, World

SHERIFF = Person("Dale Harmon", "dharmon@harmoncounty.example.gov")
CLERK = Person("Ann Reed", "areed@quiet-bay.example.gov")
REQUESTS = {
    CHIEF: REQUEST,
    SHERIFF: REQUEST.replace(
        "Chief Akers here, Pine Falls Police Department", "Sheriff Harmon, Harmon County"
    ),
    CLERK: REQUEST.replace("Chief Akers", "Chief Reed").replace("Pine Falls", "Quiet Bay"),
}


def live(office: Office) -> None:
    """Three requests, an answer, what staff do, and ten days in which agencies are reminded."""
    for sender, text in REQUESTS.items():
        office.hears(text, sender)
    office.tick()
    office.acts(Verb.CLAIM, case="CRI-2026-0001")
    office.hears("1. No.\n2. No lawsuit, and none expected.", case="CRI-2026-0001")
    office.tick()
    office.passes(office.clock() + timedelta(days=10))


@contextmanager
def opened(folder: Path, rules: Rulebook, dies: Callable[[], bool] | None = None) -> Iterator[Office]:
    folder.mkdir(exist_ok=True)
    office = Office(folder, rules, Clock(), dies)
    try:
        yield office
    finally:
        office.close()


def assert_sound(office: Office) -> None:
    """No message without a case or an entry of its own, no case twice, no letter twice, the record whole."""
    assert breaks(office) == []
    assert lost(office) == []
    assert doubled(office.world) == []
    assert len(office.store.list_cases()) == len(opening(office))


def breaks(office: Office) -> list[str]:
    engine = open_for_reading(office._url)
    try:
        return check(engine).breaks
    finally:
        engine.dispose()


def lost(office: Office) -> list[str]:
    """Messages that are in no case, were not answered, and that staff were not shown."""
    with office._engine.begin() as connection:
        rows = connection.execute(select(inbox)).all()
        shown = set(connection.scalars(select(outbox.c.key)))
        waiting = connection.scalars(
            select(outbox.c.key).where(outbox.c.state.in_(("ready", "sending")))
        ).all()
    there = {row.key for row in rows}
    bare = [
        row.key for row in rows if row.state == "kept" or not (row.case_number or row.decision or row.reason)
    ]
    aside = [row.key for row in rows if row.state == "aside" and f"aside:{row.id}" not in shown]
    return [*sorted(office._arrivals.keys() - there), *bare, *aside, *waiting]


def doubled(world: World) -> list[str]:
    """What went out more than once; a card is drawn in its place, so that twice is once."""
    sent = Counter(each.key for _, each in world.sent if not each.key.startswith("card:"))
    return [key for key, times in sent.items() if times > 1]


def opening(office: Office) -> list[str]:
    """The arrivals that asked for a case of their own: each has a line of the record that opened one."""
    cases = [case.number for case in office.store.all_cases()]
    opened = [line for each in cases for line in office.store.record_of(each) if line["what"] == "opened"]
    return sorted({json.dumps(line["detail"]["inbox"]) for line in opened})


def letters(office: Office) -> Counter[tuple[str, str]]:
    """How often each letter went to each recipient."""
    return Counter(
        (each.what.name.value, each.what.to.address)
        for _, each in office.world.sent
        if isinstance(each.what, Letter)
    )
