"""A draft of the rules beside those in force, on what really comes: what it would decide is noted, and nothing follows.

Which draft that is, a person says (`crbot rules shadow`), else the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from crbot.cases.respond import Notice
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.confine import Confined, Limits
from crbot.channels.mail.mime import parse_mail
from crbot.config import Settings, SettingsError
from crbot.intake.replaying import Retold, Rules, retell
from crbot.store.comparisons import Comparisons
from crbot.store.engine import open_engine, open_for_reading
from crbot.store.histories import Histories, Unit
from crbot.store.rulesets import Publication, Role, Rulesets
from crbot.triage.decision import Decision
from crbot.triage.difference import Label, differ
from crbot.wiring.database import open_database, register_in
from crbot.wiring.folders import RULES, rules_from
from crbot.wiring.mail import our_side
from crbot.wiring.replay import KeptReader
from crbot.wiring.rulesets import Loaded, News, Watched, load_folder, name_of

_AT_ONCE = 20  # messages: what comes in has the machine first


class Shadow:
    """The draft that runs beside the rules in force, if there is one."""

    def __init__(self, settings: Settings) -> None:
        self._engine = open_engine(settings.database_url)  # its own: it is used beside all other work
        self._kept, self._comparisons = Rulesets(self._engine), Comparisons(self._engine)
        self._histories = Histories(self._engine)
        self._parse = Confined(parse_mail, Limits())
        self._read = KeptReader(our_side(settings.mail), self._parse)
        self._folder = settings.rules_shadow
        self._watched: Watched[Loaded | str] | None = None
        self._publication: Publication | None = None
        self._draft: Rules | None = None
        self._after = 0  # the inbox id of the message that was compared last

    @property
    def draft(self) -> Rules | None:
        return self._draft

    def look(self, now: datetime) -> tuple[News, ...]:
        """Take up the draft that is wanted now; returns what staff are told."""
        newest = self._kept.newest(Role.SHADOW)
        if newest is None:
            return tuple(self._look_into(self._folder, now)) if self._folder else ()
        if self._publication is not None and newest.id == self._publication.id:
            return ()
        self._publication = newest
        return tuple(self._take(newest))

    def compare(self, now: datetime) -> int:
        """Decide the next messages by the draft too, and note where it decides otherwise; returns how many they were.

        A message that is decided upon later than one that came after it is left out.
        """
        draft = self._draft
        if draft is None:
            return 0
        waiting = self._histories.after(self._after, _AT_ONCE)
        for inbox_id, unit in waiting:
            other, trouble = self._decided(inbox_id, unit, draft)
            version = draft.rulebook.policy.version
            self._comparisons.add(version.sha256, inbox_id, other, trouble, now)
            self._after = inbox_id
        return len(waiting)

    def close(self) -> None:
        self._parse.close()
        self._engine.dispose()

    def _decided(self, inbox_id: int, unit: Unit, draft: Rules) -> tuple[Decision | None, str]:
        """The draft's decision where it is another one, or why there is none."""
        try:
            (history,) = self._histories.of([unit])
            point = next(each for each in retell(history, draft, self._read) if each.inbox_id == inbox_id)
        except Exception as error:  # noqa: BLE001  (whatever a draft does, it must not stop what counts)
            return None, f"{type(error).__name__}: {error}"[:500]
        return (point.now if point.was is not None and differ(point.was, point.now) else None), ""

    def _take(self, publication: Publication) -> Iterator[News]:
        name = f"shadow:{publication.id}"
        who = f"{publication.by}: {publication.reason}"
        if publication.sha256 is None:
            self._draft = None
            yield News(name, Notice("No draft runs beside the rules any more", f"Ended by {who}"))
            return
        texts = self._kept.texts(publication.sha256)
        assert texts is not None  # the database holds the one to the other
        try:
            rulebook = rules_from(texts, "the rules of the draft")
        except SettingsError as error:
            self._draft = None
            yield News(
                f"{name}:refused",
                Notice("The draft can't be used", "Nothing runs beside the rules.", str(error)),
            )
            return
        yield News(name, self._begin(rulebook, publication.at, f"put there by {who}"))

    def _look_into(self, folder: Path, now: datetime) -> Iterator[News]:
        """The folder of the settings; where it can't be used, what was taken before goes on."""
        is_new = self._watched is None
        self._watched = self._watched or Watched(folder, RULES, _loaded_or_trouble)
        if not is_new and not self._watched.look():
            return
        name, found = f"shadow:{self._watched.fingerprint}:{now:%Y-%m-%dT%H}", self._watched.value
        if isinstance(found, str):
            text = "It is not taken before this is mended; what counts is not touched by it."
            yield News(f"{name}:refused", Notice("The draft can't be used", text, found[:3000]))
            return
        self._kept.keep(found.version, found.texts, now)
        yield News(name, self._begin(found.rulebook, now, f"from the folder {folder}"))

    def _begin(self, rulebook: Rulebook, since: datetime, whence: str) -> Notice:
        """The draft sees what comes from then on; where it ran before, it goes on from there."""
        self._draft = Rules(rulebook, register_in(self._engine, rulebook.policy))
        version = rulebook.policy.version
        compared = self._comparisons.newest(version.sha256)
        self._after = compared if compared is not None else self._histories.newest(since)
        text = f"{name_of(version)}, {whence}. It changes nothing; what it would decide: crbot rules shadow --report"
        return Notice("A draft runs beside the rules", text)


def _loaded_or_trouble(folder: Path) -> Loaded | str:
    try:
        return load_folder(folder)
    except SettingsError as error:
        return str(error)


def shadow_report(settings: Settings) -> tuple[Retold, Label]:
    """What the newest draft decided beside the rules, and how its values are called. Raises `SettingsError`."""
    open_database(settings.database_url).dispose()
    engine = open_for_reading(settings.database_url)
    try:
        kept, compared = Rulesets(engine), Comparisons(engine)
        drafts = (each.sha256 for each in kept.published(Role.SHADOW) if each.sha256)
        sha256 = next(drafts, None) or compared.draft()
        if sha256 is None:
            raise SettingsError("no draft has run beside the rules yet; begin with: crbot rules shadow DIR")
        texts = kept.texts(sha256)
        assert texts is not None  # the database holds the one to the other
        return compared.report(sha256), rules_from(texts, "the rules of the draft").label
    finally:
        engine.dispose()
