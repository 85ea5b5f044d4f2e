"""What several commands share: how they fail, where they write, and the store that they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crbot.store.store import SqlStore

RulesFolder = Annotated[Path | None, typer.Option("--rules", help="folder of rules; else the one in force")]


class Failure(Exception):
    """Something is wrong with the input or the world; the text says what, where, and the mend."""


@contextmanager
def opened_store() -> Iterator[SqlStore]:
    """The store that the settings name."""
    from crbot import wiring
    from crbot.config import load_settings
    from crbot.store.store import SqlStore

    store = SqlStore(wiring.open_database(load_settings().database_url))
    try:
        yield store
    finally:
        store.close()


def write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror or error}") from None
    typer.echo(f"wrote {output}")
