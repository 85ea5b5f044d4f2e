"""The rules and the templates of a folder, made ready."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.channels.render import Letters, TemplateError
from crbot.config import SettingsError, read_texts, rules_folder, templates_folder
from crbot.triage.notation import PolicyError
from crbot.triage.policy import Policy

RULES = ".yaml"  # the ending of files of rules


def load_rules(folder: Path | None = None) -> Rulebook:
    """The rules of a folder, else the ones that came with crbot. Raises `SettingsError` with all that is wrong."""
    place = rules_folder(folder)
    return rules_from(read_texts(place, RULES), f"the rules in {place}")


def rules_from(texts: Mapping[str, str], name: str) -> Rulebook:
    """The rules that these files hold. Raises `SettingsError` with all that is wrong; `name` is how it calls them."""
    try:
        with _collecting_no_garbage():
            return parse_rules(texts)
    except PolicyError as error:
        raise SettingsError(f"{name} are not valid:\n{error}") from None


def load_policy(folder: Path | None = None) -> Policy:
    """Of the rules of a folder, those by which messages are decided. Raises `SettingsError` with all that is wrong."""
    return load_rules(folder).policy


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """For what makes a million objects that stay: they are never looked through for garbage, now or later."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def load_letters(folder: Path | None = None) -> Letters:
    """The templates of a folder, else the ones that came with crbot. Raises `SettingsError`."""
    place = templates_folder(folder)
    try:
        return Letters(read_texts(place, ""))
    except TemplateError as error:
        raise SettingsError(f"the templates in {place} are not valid:\n{error}") from None
