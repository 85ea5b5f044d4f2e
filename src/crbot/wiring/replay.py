"""All stored messages decided again by a draft of the rules, in processes of their own; nothing is written or sent."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import add
from pathlib import Path

from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.mime import Mail, OurSide, parse_mail
from crbot.channels.mail.reader import read_mail
from crbot.channels.slack.reader import SlackReader
from crbot.config import Settings, SettingsError
from crbot.intake.ports import Arrival, Ignored, Received, Unreadable
from crbot.intake.replaying import Retold, Rules, Said, compare
from crbot.store.engine import open_for_reading
from crbot.store.histories import Histories, Unit
from crbot.triage.message import Channel, Person
from crbot.wiring.database import open_database, register_in
from crbot.wiring.mail import our_side
from crbot.wiring.rulesets import load_folder, rules_in_force

_AT_ONCE = 200  # messages in one piece of work: what one process is sent, and progress is told by
_WORTH_PROCESSES = 600  # messages: each process loads the rules first
Progress = Callable[[int, int], None]  # messages done, and of how many


def replay(
    settings: Settings,
    draft: Path,
    since: datetime | None = None,
    progress: Progress = lambda done, of: None,
    processes: int | None = None,
) -> Retold:
    """What a draft would have decided otherwise. Raises `SettingsError`."""
    load_folder(draft)  # what is wrong with it is told once, and before all else
    open_database(settings.database_url).dispose()
    histories = Histories(open_for_reading(settings.database_url))
    units = histories.units(since)
    histories.close()
    pieces, total = list(_pieces(units)), sum(count for _, count in units)
    if processes is None:
        processes = (os.cpu_count() or 1) if total >= _WORTH_PROCESSES else 1
    work = Work(settings, draft, since)
    retold = Retold()
    for each in map(work.piece, pieces) if processes == 1 else _in_processes(work, pieces, processes):
        retold += each
        progress(retold.messages + len(retold.unreadable), total)
    return retold


def _pieces(units: Iterable[tuple[Unit, int]]) -> Iterator[list[Unit]]:
    """The units, so many together that they have about `_AT_ONCE` messages."""
    piece: list[Unit] = []
    size = 0
    for unit, count in units:
        piece.append(unit)
        size += count
        if size >= _AT_ONCE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _in_processes(work: Work, pieces: Iterable[list[Unit]], processes: int) -> Iterator[Retold]:
    # Begun anew rather than forked: whoever asks may have threads and an open database.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (work,)) as pool:
        waiting: list[Future[Retold]] = [pool.submit(_piece, piece) for piece in pieces]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BrokenProcessPool:
            raise SettingsError("a process of the replay ended; try again, or with --processes 1") from None
        finally:
            pool.shutdown(cancel_futures=True)


_work: Work  # of this process


def _begin(work: Work) -> None:
    global _work  # noqa: PLW0603  (what a process of the pool is told at its beginning has no other place)
    _work = work


def _piece(units: list[Unit]) -> Retold:
    return _work.piece(units)


@dataclass(frozen=True)
class Work:
    """What a process needs to tell histories again; made ready when it is needed first."""

    settings: Settings
    draft: Path
    since: datetime | None

    def piece(self, units: list[Unit]) -> Retold:
        told = (
            compare(history, self._by_draft, lambda: self._in_force, self._reading, self.since)
            for history in self._histories.of(units)
        )
        return reduce(add, told, Retold())

    @cached_property
    def _histories(self) -> Histories:
        return Histories(open_for_reading(self.settings.database_url))

    @cached_property
    def _by_draft(self) -> Rules:
        return self._ready(load_folder(self.draft).rulebook)

    @cached_property
    def _in_force(self) -> Rules:
        return self._ready(rules_in_force(self.settings))

    @cached_property
    def _reading(self) -> KeptReader:
        return KeptReader(our_side(self.settings.mail))

    def _ready(self, rulebook: Rulebook) -> Rules:
        engine = open_for_reading(self.settings.database_url)
        try:
            return Rules(rulebook, register_in(engine, rulebook.policy))
        finally:
            engine.dispose()


class KeptReader:
    """Reads messages again that were read before, asking nobody.

    By itself, mail is parsed in this process: it was parsed once within limits, or there would be no decision about
    it. Who wrote on Slack is told by what was kept.
    """

    def __init__(self, side: OurSide, parse: Callable[[bytes], Mail] = parse_mail) -> None:
        self._side = side
        self._parse = parse
        self._who = Person()
        self._slack = SlackReader(self, (), lambda _: Ignored("done by staff"))

    def __call__(self, said: Said) -> Received:
        """Raises `Unreadable`."""
        self._who = Person(said.name, said.sender)
        is_mail = said.arrival.channel is Channel.EMAIL
        read = self._mail(said.arrival) if is_mail else self._slack.read(said.arrival)
        if not isinstance(read, Received):
            raise Unreadable("It is read as no message any more.")
        return read

    def _mail(self, arrival: Arrival) -> Received | Ignored:
        return read_mail(arrival, self._parse(arrival.raw), self._side)

    def person(self, user_id: str) -> Person:
        return self._who

    def direct(self, user_id: str) -> str:
        return user_id

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        return ()
