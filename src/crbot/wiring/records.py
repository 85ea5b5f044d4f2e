"""What is kept, for people who keep it: a case's whole record in a file; what is held, due, and disposed of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

from crbot.channels import dossier as written
from crbot.config import Settings, SettingsError
from crbot.store.disposal import Disposals
from crbot.store.dossier import Dossier, dossier_of
from crbot.wiring.database import open_database
from crbot.wiring.folders import load_rules


class ExportForm(StrEnum):
    """The forms of a case's whole record."""

    JSON = "json"
    HTML = "html"
    ZIP = "zip"


def _json(dossier: Dossier, now: datetime) -> bytes:
    return written.as_json(dossier, now).encode()


def _page(dossier: Dossier, now: datetime) -> bytes:
    return written.as_page(dossier, now).encode()


_WRITE: dict[ExportForm, Callable[[Dossier, datetime], bytes]] = {
    ExportForm.JSON: _json,
    ExportForm.HTML: _page,
    ExportForm.ZIP: written.as_zip,
}


def export_case(settings: Settings, number: str, form: ExportForm, now: datetime) -> bytes:
    """Everything that is kept of a case. Raises `SettingsError` where there is nothing."""
    engine = open_database(settings.database_url)
    try:
        found = dossier_of(engine, number)
    finally:
        engine.dispose()
    if found is None:
        raise SettingsError(f"there is no case {number}; crbot cases list shows those there are")
    return _WRITE[form](found, now)


@contextmanager
def open_disposals(settings: Settings) -> Iterator[Disposals]:
    """What is held and what is due, by the rules in force. Raises `SettingsError`."""
    rules = load_rules(settings.rules)
    engine = open_database(settings.database_url)
    try:
        yield Disposals(engine, rules.retention)
    finally:
        engine.dispose()
