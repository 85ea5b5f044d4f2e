"""Mails from files: single ones, folders of them, mboxes, standard input.

What a mail says is `mime`'s to read.
"""

from __future__ import annotations

import mailbox
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# A header From may have a blank behind its name, too; and Python knows no mbox with the old line ends of the Mac.
_MBOX_START = re.compile(rb"From [^ :\r\n]+ [^\r\n]{0,900}\r?\n")
_LOOKED_AT_BYTES = 1_000


def mails_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each mail below a path, with the name to call it by; a folder is walked in the order of its names.

    Raises OSError where something cannot be read.
    """
    if path.is_dir():
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            yield from mails_in(file)
        return
    with path.open("rb") as opened:
        is_mbox = _MBOX_START.match(opened.read(_LOOKED_AT_BYTES)) is not None
    if is_mbox:
        yield from _mails_in_mbox(path, str(path))
    else:
        yield str(path), path.read_bytes()


def mails_from(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Each mail of a stream, which holds one mail or an mbox."""
    raw = stream.read()
    if not _MBOX_START.match(raw):
        yield "-", raw
        return
    with tempfile.NamedTemporaryFile(suffix=".mbox") as copy:
        copy.write(raw)
        copy.flush()
        yield from _mails_in_mbox(Path(copy.name), "-")


def _mails_in_mbox(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(path, create=False)
    try:
        for position, key in enumerate(box.keys(), 1):
            yield f"{name}#{position}", box.get_bytes(key)
    finally:
        box.close()
