"""The rules and the templates of a folder, made ready; and a folder of one's own to begin with."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.channels.render import Letters, TemplateError
from crbot.config import SettingsError, example_settings, read_texts, rules_folder, templates_folder
from crbot.triage.notation import PolicyError
from crbot.triage.policy import Policy
from crbot.wiring.slack import slack_manifest

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


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write settings, rules, templates and the Slack manifest to edit; returns what was written.

    Raises `SettingsError` where the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; name a new folder, nothing is overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(rules_folder(None), folder / "rules")
    shutil.copytree(templates_folder(None), folder / "templates")
    (folder / "crbot.toml").write_text(example_settings(folder), encoding="utf-8")
    (folder / "slack-manifest.json").write_text(slack_manifest(), encoding="utf-8")
    return tuple(folder / name for name in ("crbot.toml", "rules", "templates", "slack-manifest.json"))
