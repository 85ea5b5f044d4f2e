"""The signed table that lies beside the rules: what is there, what a change alters, and signing anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from crbot.channels import signing
from crbot.channels.signing import Signature
from crbot.config import SettingsError, rules_folder
from crbot.triage.policy import Policy
from crbot.triage.table import Change, Line, changes, whole_table

TABLE, SIGNATURES = "signed-table.csv", "signed-by.csv"  # no rules: the fingerprint leaves them out


def unsigned_changes(policy: Policy, folder: Path | None) -> list[Change]:
    """What the rules decide otherwise than the table that was last signed; all of it where none was.

    Raises `SettingsError` where the table can't be read.
    """
    return _changes(_signed(rules_folder(folder)), whole_table(policy), policy)


def signatures(folder: Path | None) -> list[Signature]:
    """Who signed the table, the latest last. Raises `SettingsError`."""
    file = rules_folder(folder) / SIGNATURES
    text = _text(file)
    try:
        return signing.read_signatures(text) if text else []
    except ValueError as error:
        raise SettingsError(f"{file} is no list of signatures: {error}") from None


def sign(policy: Policy, folder: Path | None, by: str, reason: str, now: datetime) -> list[Change]:
    """Take the table as the rules make it now for right, in this person's name; returns what it altered.

    Raises `SettingsError` where it can't be written.
    """
    place = rules_folder(folder)
    lines = whole_table(policy)
    table, altered = signing.as_csv(lines), _changes(_signed(place), lines, policy)
    signature = Signature(f"{now:%Y-%m-%d %H:%M} UTC", by, reason, len(altered), signing.sha256_of(table))
    signed = signing.signatures_as_csv([*signatures(folder), signature])
    try:
        # The reason first: a table that is renewed has always a name beside it.
        (place / SIGNATURES).write_text(signed, encoding="utf-8")
        (place / TABLE).write_text(table, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the signed table can't be written in {place}: {error.strerror}; "
            "sign a folder of your own (crbot init DIR makes one)"
        ) from None
    return altered


def _changes(before: Sequence[Line], after: Sequence[Line], policy: Policy) -> list[Change]:
    return changes(before, after, [fact.name for fact in policy.facts.values() if fact.is_several])


def _signed(place: Path) -> list[Line]:
    text = _text(place / TABLE)
    try:
        return signing.read_csv(text) if text else []
    except ValueError as error:
        raise SettingsError(
            f"{place / TABLE} is no signed table: {error}; take the last good one, or remove it and sign anew"
        ) from None


def _text(file: Path) -> str:
    """What stands in a file; "" where there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8; take the last good one") from None
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error.strerror}") from None
