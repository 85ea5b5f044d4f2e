"""`crbot letters`: look at the letters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crbot.cli.asking import Failure, write

letters_app = typer.Typer(help="Look at the letters.", no_args_is_help=True)


@letters_app.command("preview")
def letters_preview(
    names: Annotated[list[str] | None, typer.Argument(help="letters; else all")] = None,
    html: Annotated[
        str | None,
        typer.Option("--html", help="write a page; or, into a folder (its name ends in /), a page a letter"),
    ] = None,
    templates: Annotated[Path | None, typer.Option(help="folder of templates; else those in force")] = None,
) -> None:
    """Show letters with example data, as they go out by mail and by Slack.

    Example: crbot letters preview decline --html decline.html
    """
    from crbot import wiring
    from crbot.cases.letters import FIELDS, LetterName
    from crbot.channels import preview
    from crbot.config import load_settings

    unknown = [name for name in names or () if name not in {each.value for each in FIELDS}]
    if unknown:
        raise Failure(f"{unknown[0]!r} is no letter; there are {', '.join(FIELDS)}")
    letters = wiring.load_letters(templates or load_settings().templates)
    chosen = tuple(LetterName(name) for name in names or ()) or tuple(FIELDS)
    shown = preview.preview(letters, chosen)
    if html is None:
        typer.echo(preview.as_text(shown))
    elif html.endswith("/") or Path(html).is_dir():
        folder = _made(Path(html))
        for each in shown:
            write(preview.as_page([each]), folder / f"{each.name}.html")
    else:
        write(preview.as_page(shown), Path(html))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{folder} can't be made: {error.strerror or error}") from None
    return folder
