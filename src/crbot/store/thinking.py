"""What is kept, on its way to be thought about: taken up by one program at a time, in order. Functions of a transaction.

How it came into the inbox is `arrivals`', what follows from it `crbot.intake.incoming`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select, text, update

from crbot.intake.ports import Kept, Stale
from crbot.store.apart import hold
from crbot.store.arrivals import arrival_of, namesake_of
from crbot.store.tables import inbox

# Longer than the longest message takes to be read; whoever took it up and died keeps the others waiting for so long.
LEASE = timedelta(minutes=2)
_AT_ONCE = datetime.fromtimestamp(0, UTC)

# In words, so that the index of what waits is used: a parameter could be any state.
_IS_KEPT = text("inbox.state = 'kept'")
_OLDEST_FREE = (
    select(inbox)
    .where(
        _IS_KEPT,
        or_(
            inbox.c.next_at <= bindparam("now", type_=inbox.c.next_at.type),
            inbox.c.token == bindparam("mine"),  # we think about one at a time: it is left over
        ),
    )
    .order_by(inbox.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
# One that has failed before holds nobody up.
_EARLIER = select(inbox.c.id).where(_IS_KEPT, inbox.c.id < bindparam("before"), inbox.c.attempts < 2).limit(1)
_BY_ID = update(inbox).where(inbox.c.id == bindparam("inbox_id"))
_OURS = _BY_ID.where(inbox.c.token == bindparam("mine"))


def take_up(connection: Connection, mine: str, now: datetime) -> Kept | None:
    """The oldest arrival that nobody thinks about; it is ours for the lease, by the token."""
    row = connection.execute(_OLDEST_FREE, {"now": now, "mine": mine}).first()
    if row is None:
        return None
    # Counted before the work: a message that ends the program is known by its number of tries.
    taken = {"inbox_id": row.id, "attempts": row.attempts + 1, "token": mine, "next_at": now + LEASE}
    connection.execute(_BY_ID, taken)
    return Kept(row.id, arrival_of(row), row.attempts + 1, namesake_of(connection, row), mine)


def is_next(connection: Connection, kept: Kept) -> bool:
    """True where no earlier arrival is still to be worked on; until the transaction ends, no other has its turn."""
    hold(connection, "turn")
    return connection.execute(_EARLIER, {"before": kept.id}).first() is None


def let_go(connection: Connection, kept: Kept) -> None:
    """Nothing came of it, through no fault of its own: it waits as before, and the attempt is not counted."""
    as_before = {"token": "", "next_at": _AT_ONCE, "attempts": kept.attempts - 1}
    connection.execute(_OURS.where(_IS_KEPT), {"inbox_id": kept.id, "mine": kept.token} | as_before)


def settle_ours(connection: Connection, kept: Kept, values: Mapping[str, object]) -> None:
    """Note what became of it. Raises `Stale` where another program has it by now."""
    if connection.execute(_OURS, {"inbox_id": kept.id, "mine": kept.token, **values}).rowcount != 1:
        raise Stale("another program has the message")


def settle(connection: Connection, inbox_id: int, values: Mapping[str, object]) -> None:
    connection.execute(_BY_ID, {"inbox_id": inbox_id, **values})


def held(connection: Connection, inbox_id: int) -> Kept | None:
    row = connection.execute(select(inbox).where(inbox.c.id == inbox_id, inbox.c.state == "held")).first()
    return (
        Kept(row.id, arrival_of(row), row.attempts, namesake_of(connection, row), row.token) if row else None
    )


def retry(connection: Connection, inbox_id: int) -> bool:
    aside = update(inbox).where(inbox.c.id == inbox_id, inbox.c.state == "aside")
    again = aside.values(state="kept", attempts=0, reason="", token="", next_at=_AT_ONCE)
    return connection.execute(again).rowcount == 1


def free(connection: Connection) -> None:
    """Nobody thinks about anything: whoever did is gone."""
    connection.execute(update(inbox).where(_IS_KEPT, inbox.c.token != "").values(token="", next_at=_AT_ONCE))
