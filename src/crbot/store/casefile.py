"""A case in the database: read and written whole, by who saw its last revision. Functions of a transaction."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from crbot.cases.case import Case
from crbot.intake.ports import Drawing, Receipt, Stale
from crbot.store.rows import as_json
from crbot.store.tables import cards, cases

CASE = TypeAdapter(Case)

_CASE_BODY = select(cases.c.body).where(cases.c.number == bindparam("number"))
_INSERT_CASE = insert(cases)
_UPDATE_CASE = update(cases).where(cases.c.number == bindparam("case"), cases.c.revision == bindparam("seen"))


def case_numbered(connection: Connection, number: str) -> Case | None:
    body = connection.scalar(_CASE_BODY, {"number": number})
    return None if body is None else CASE.validate_json(body)


def save_case(connection: Connection, case: Case, now: datetime) -> None:
    """Insert or update. Raises `Stale` when somebody else changed or opened it meanwhile."""
    row = {
        "revision": case.revision,
        "stage": case.stage.value,
        "queue": case.queue.value,
        "disposition": case.decision.disposition.value,
        "owner": case.owner,
        "changed_at": now,
        "body": as_json(CASE, case),
        "kin": case.kin,
    }
    if case.revision > 1:
        seen = {"case": case.number, "seen": case.revision - 1}
        if connection.execute(_UPDATE_CASE, row | seen).rowcount != 1:
            raise Stale(case.number)
        return
    _, year, counter = case.number.split("-")
    new = {"number": case.number, "year": int(year), "counter": int(counter), "opened_at": case.opened_at}
    try:
        connection.execute(_INSERT_CASE, row | new)
    except IntegrityError:
        raise Stale(case.number) from None


def remember_card(connection: Connection, drawing: Drawing, receipt: Receipt) -> None:
    """Note where the case's card stands now."""
    if drawing.posted.get(drawing.place) == receipt.identity:
        return
    here = {"case_number": drawing.case.number, "place": drawing.place.value}
    moved = (
        update(cards)
        .where(cards.c.case_number == here["case_number"], cards.c.place == here["place"])
        .values(identity=receipt.identity)
    )
    if connection.execute(moved).rowcount == 0:
        connection.execute(insert(cards).values(here | {"identity": receipt.identity}))
