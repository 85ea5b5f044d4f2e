"""How the documents become a site (mkdocs calls these): the README is its first page, and links to other files work.

A link from a document to a file of the project that is no document, as to a rules file, leads to a copy of it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"index.md": "README.md", "changes.md": "CHANGELOG.md"}  # of the site, and the files that they show
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie elsewhere, and every file that a page links to."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    for file in tuple(files.documentation_pages()):
        for target in _LINK.findall(file.content_string):
            _add(_meant(file.src_uri, target), files, config)
    return files


def _add(name: str, files: Files, config: Any) -> None:
    place = _place_of(name)
    if place.startswith("files/") and (ROOT / name).is_file() and files.get_file_from_path(place) is None:
        files.append(File.generated(config, place, content=(ROOT / name).read_bytes()))


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files of the project into links to where they stand on the site."""
    here = page.file.src_uri

    def moved(link: re.Match[str]) -> str:
        place = _place_of(_meant(here, link[1]))
        return posixpath.relpath(place, posixpath.dirname(here) or ".")

    return _LINK.sub(moved, markdown)


def _meant(page: str, target: str) -> str:
    """The file of the project that a link on a page means."""
    source = PAGES.get(page) or f"docs/{page}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _place_of(name: str) -> str:
    """Where a file of the project stands on the site."""
    shown = {source: page for page, source in PAGES.items()}
    if name in shown:
        return shown[name]
    if name.startswith("docs/") and name.endswith(".md"):
        return name.removeprefix("docs/")
    if (ROOT / name).is_dir():
        return "index.md"
    # as text, which a browser shows whatever the file is called
    return f"files/{name.lstrip('.').replace('/.', '/')}.txt"
