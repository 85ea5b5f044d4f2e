"""The rules in force: published ones from the database, else a folder; and how a running bot takes others over.

What rules are is `folders`' and `crbot.cases.rulebook`'s, how each day's are kept `crbot.store.rulesets`'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from crbot.cases.letters import Letter
from crbot.cases.respond import Notice
from crbot.cases.rulebook import Rulebook
from crbot.channels.render import Letters, Rendered
from crbot.config import Settings, SettingsError, read_texts, rules_folder, templates_folder
from crbot.intake.replaying import Rules
from crbot.intake.vouching import Means
from crbot.store.rulesets import Publication, Role, Rulesets
from crbot.store.store import open_engine
from crbot.triage.decision import RulesVersion
from crbot.triage.examples import run_examples
from crbot.triage.message import Channel
from crbot.wiring.database import means_in, open_database
from crbot.wiring.folders import RULES, load_letters, rules_from
from crbot.wiring.mail import is_signed

T = TypeVar("T")
Stamp = tuple[tuple[str, int, int], ...]  # of each file: name, size in bytes, time of change in nanoseconds


@dataclass(frozen=True, slots=True)
class News:
    """Something about the rules that staff are told, each name once."""

    name: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder of rules: as it is written, and as it counts."""

    texts: Mapping[str, str]
    rulebook: Rulebook

    @property
    def version(self) -> RulesVersion:
        return self.rulebook.policy.version


def load_folder(folder: Path) -> Loaded:
    """Raises `SettingsError` with all that is wrong."""
    texts = read_texts(folder, RULES)
    return Loaded(texts, rules_from(texts, f"the rules in {folder}"))


class Watched(Generic[T]):
    """What a folder holds: read again after it has changed, and taken only where it is whole.

    `load` reads it, and raises `SettingsError` where it can't be taken: at the beginning to whoever makes this, later
    it becomes `trouble`, and what was taken before stays.
    """

    def __init__(self, folder: Path, suffix: str, load: Callable[[Path], T]) -> None:
        self.folder = folder
        self.trouble = ""
        self._suffix = suffix
        self._load = load
        self._seen = self._read = self._stamp()  # before the reading: what changes meanwhile is read again
        self.value = load(folder)

    def look(self) -> bool:
        """Look for changes, which costs little where there are none; True where something was taken or refused.

        A folder that somebody is writing into is left alone until two looks find it the same.
        """
        stamp = self._stamp()
        is_settled, self._seen = stamp == self._seen, stamp
        if not is_settled or stamp == self._read:
            return False
        self._read = stamp
        try:
            self.value, self.trouble = self._load(self.folder), ""
        except SettingsError as error:
            self.trouble = str(error)
        return True

    @property
    def fingerprint(self) -> str:
        """Tells this state of the folder from others, the same in every process."""
        return hashlib.sha256(repr(self._read).encode()).hexdigest()[:16]

    def _stamp(self) -> Stamp:
        return tuple(sorted(self._stamps()))

    def _stamps(self) -> Iterator[tuple[str, int, int]]:
        for file in self.folder.rglob(f"*{self._suffix}"):
            try:
                found = file.stat()
            except OSError:  # gone meanwhile, or not to be looked at: reading it tells
                yield str(file), -1, -1
                continue
            yield str(file), found.st_size, found.st_mtime_ns


class RulesInForce:
    """The rules and letters that count now. Whoever needs them asks each time, and keeps none.

    Raises `SettingsError` at the beginning, where neither can be used.
    """

    def __init__(self, settings: Settings, now: datetime) -> None:
        self._engine = open_engine(settings.database_url)  # its own: it is looked at beside all other work
        self._kept = Rulesets(self._engine)
        self._is_signed = is_signed(settings)
        self._folder = rules_folder(settings.rules)
        self._letters = Watched(templates_folder(settings.templates), "", load_letters)
        self._publication = self._kept.newest(Role.LIVE)
        self._watched: Watched[Loaded] | None = None
        self._current = self._ready(self._begin(self._publication, now))
        self._is_told = self._publication is None

    @property
    def current(self) -> Rules:
        return self._current

    @property
    def rulebook(self) -> Rulebook:
        return self._current.rulebook

    @property
    def means(self) -> Means:
        """What is known of agencies, spelled by the rules in force."""
        return self._means

    @property
    def letters(self) -> Letters:
        """The templates of now."""
        return self._letters.value

    def label(self, fact: str, value: str) -> str:
        """A value in words for people, see `Rulebook.label`."""
        return self.rulebook.label(fact, value)

    def render(self, letter: Letter, channel: Channel) -> Rendered:
        """Put a letter into words by the templates of now. Raises `TemplateError`."""
        return self._letters.value.render(letter, channel)

    def look(self, now: datetime) -> tuple[News, ...]:
        """Take over what was published or changed since the last look, where it can be used; returns what staff are told."""
        return (*self._look_at_rules(now), *self._look_at_letters(now))

    def close(self) -> None:
        self._kept.close()

    def _ready(self, rulebook: Rulebook) -> Rules:
        self._means = means_in(self._engine, rulebook.policy, is_signed=self._is_signed)
        return Rules(rulebook, self._means.register)

    def _begin(self, publication: Publication | None, now: datetime) -> Rulebook:
        if publication is not None and publication.sha256 is not None:
            rulebook, self._watched = _published(self._kept, publication), None
            return rulebook
        self._watched = Watched(self._folder, RULES, load_folder)
        loaded = self._watched.value
        self._kept.keep(loaded.version, loaded.texts, now)
        return loaded.rulebook

    def _look_at_rules(self, now: datetime) -> Iterator[News]:
        newest = self._kept.newest(Role.LIVE)
        if not self._is_told and self._publication is not None:  # it may have come while nobody was running
            self._is_told = True
            yield self._news_of(self._publication)
        if newest is not None and (self._publication is None or newest.id != self._publication.id):
            yield self._take_over(newest, now)
        elif self._watched is not None and self._watched.look():
            yield from self._look_into(self._watched, now)

    def _take_over(self, publication: Publication, now: datetime) -> News:
        self._publication = publication  # tried once: what cannot be used now cannot be used later
        try:
            self._current = self._ready(self._begin(publication, now))
        except SettingsError as error:
            text = (
                f"{error}\nThe rules before it stay: {self._name}. Publish others, or: crbot rules rollback"
            )
            return News(
                f"rules:{publication.id}:refused", Notice("The published rules can't be used", "", quote=text)
            )
        return self._news_of(publication)

    def _news_of(self, publication: Publication) -> News:
        what = "published" if publication.sha256 else "from the folder, as wanted"
        text = f"{self._name}, {what} by {publication.by}: {publication.reason}"
        return News(f"rules:{publication.id}", _changed(text))

    def _look_into(self, watched: Watched[Loaded], now: datetime) -> Iterator[News]:
        name = f"{watched.fingerprint}:{now:%Y-%m-%dT%H}"
        if watched.trouble:
            yield News(f"rules:{name}:refused", _refused("rules", watched.trouble, self._name))
            return
        loaded = watched.value
        was, self._current = self.rulebook.policy.version.sha256, self._ready(loaded.rulebook)
        self._kept.keep(loaded.version, loaded.texts, now)
        if was == loaded.version.sha256:
            yield News(f"rules:{name}:whole", _whole("rules", self._name))
        else:
            yield News(f"rules:{name}:taken", _changed(f"{self._name}, from the folder {watched.folder}"))

    def _look_at_letters(self, now: datetime) -> Iterator[News]:
        if not self._letters.look():
            return
        name = f"templates:{self._letters.fingerprint}:{now:%Y-%m-%dT%H}"
        if self._letters.trouble:
            yield News(
                f"{name}:refused", _refused("templates", self._letters.trouble, "the letters as before")
            )
        else:
            yield News(f"{name}:taken", Notice("The letters have changed", f"From {self._letters.folder}."))

    @property
    def _name(self) -> str:
        return name_of(self.rulebook.policy.version)


def name_of(version: RulesVersion) -> str:
    """Rules as people name them: "version 2026.2 (1a2b3c4d5e6f)"."""
    return f"version {version.version} ({version.sha256[:12]})"


def _published(kept: Rulesets, publication: Publication) -> Rulebook:
    assert publication.sha256 is not None
    texts = kept.texts(publication.sha256)
    assert texts is not None  # the database holds the one to the other
    return rules_from(texts, f"the rules published by {publication.by} on {publication.at:%Y-%m-%d}")


def _changed(text: str) -> Notice:
    return Notice(
        "Other rules are in force",
        f"{text}. They decide every message from now on; open cases keep their decisions until somebody writes.",
    )


def _refused(what: str, trouble: str, staying: str) -> Notice:
    text = f"They were changed, and are not taken before this is mended. What counts meanwhile: {staying}."
    return Notice(f"The {what} in the folder can't be used", text, quote=trouble[:3000])


def _whole(what: str, name: str) -> Notice:
    return Notice(
        f"The {what} in the folder can be used again", f"They are what counted all the time: {name}."
    )


# --- what people do with them ---------------------------------------------------------------------------------------


@contextmanager
def open_rulesets(settings: Settings) -> Iterator[Rulesets]:
    """The rules in the database. Raises `SettingsError`."""
    kept = Rulesets(open_database(settings.database_url))
    try:
        yield kept
    finally:
        kept.close()


def rules_in_force(settings: Settings) -> Rulebook:
    """The published rules, else those of the folder. Raises `SettingsError`."""
    with open_rulesets(settings) as kept:
        newest = kept.newest(Role.LIVE)
        if newest is not None and newest.sha256 is not None:
            return _published(kept, newest)
    return load_folder(rules_folder(settings.rules)).rulebook


def rules_of(settings: Settings, sha256: str) -> Rulebook | None:
    """The very rules of a decision, whenever it was made; None where they were never kept. Raises `SettingsError`."""
    with open_rulesets(settings) as kept:
        texts = kept.texts(sha256)
    return rules_from(texts, f"the rules {sha256[:12]}") if texts else None


def rules_again(settings: Settings, kept: Rulesets, sha256: str | None) -> Rulebook:
    """Rules that are to count again; without a fingerprint, the folder's. Raises `SettingsError` where they can't."""
    if sha256 is None:
        return load_folder(rules_folder(settings.rules)).rulebook
    texts = kept.texts(sha256)
    assert texts is not None  # it was found in the database
    return rules_from(texts, f"the rules {sha256[:12]}")


def checked(folder: Path) -> Loaded:
    """A folder whose rules are valid and whose examples hold. Raises `SettingsError` with all that is wrong."""
    loaded = load_folder(folder)
    failures = run_examples(loaded.rulebook.policy)
    if failures:
        told = "\n".join(str(failure) for failure in failures)
        raise SettingsError(f"examples in {folder} come out differently than they say:\n{told}")
    return loaded
