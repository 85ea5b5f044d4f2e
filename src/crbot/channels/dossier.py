"""The whole record of a case in a file: JSON for programs, a page for people, a ZIP with the messages as they came.

What belongs to it is read by `crbot.store.dossier`; here it is only laid out.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from crbot.channels.pages import page

_PARTS = ("number", "case", "stub", "record", "messages", "sent", "follow_ups", "hold", "disposal")
_ENDINGS = {"email": "eml"}
MANIFEST = "SHA256SUMS"
_OLDEST = (1980, 1, 1, 0, 0, 0)  # ZIP knows none before; the same record gives the same bytes


class Arrived(Protocol):
    """A message as it came."""

    @property
    def id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...


class Dossier(Protocol):
    """All of a case, as plain values."""

    @property
    def number(self) -> str: ...
    @property
    def record(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def arrived(self) -> Sequence[Arrived]: ...
    @property
    def head(self) -> object: ...


def as_json(dossier: Dossier, now: datetime) -> str:
    """One object: all parts, the messages in base64, and a manifest of their hashes."""
    raw = {file_name(each): b64encode(each.raw).decode() for each in dossier.arrived}
    manifest = {file_name(each): hashlib.sha256(each.raw).hexdigest() for each in dossier.arrived}
    return _json({**_parts(dossier, now), "raw": raw, "manifest": manifest})


def as_page(dossier: Dossier, now: datetime) -> str:
    """A page with everything in words, and the messages as they came."""
    messages = [
        {"file": file_name(each), "sha256": each.sha256, "text": each.raw.decode("utf-8", "replace")}
        for each in dossier.arrived
    ]
    shown = {name: _json(getattr(dossier, name)) for name in ("case", "sent", "follow_ups")}
    return page("dossier", dossier=dossier, messages=messages, shown=shown, now=now)


def as_zip(dossier: Dossier, now: datetime) -> bytes:
    """All of it, with the hash of each file in `SHA256SUMS`, which `sha256sum --check` reads."""
    files = {
        "dossier.json": _json(_parts(dossier, now)).encode(),
        "dossier.html": as_page(dossier, now).encode(),
        **{file_name(each): each.raw for each in dossier.arrived},
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | {MANIFEST: sums.encode()}).items():
            archive.writestr(zipfile.ZipInfo(name, _OLDEST), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def file_name(arrived: Arrived) -> str:
    """What a message is called beside the others: "messages/000012.eml"."""
    return f"messages/{arrived.id:06d}.{_ENDINGS.get(arrived.channel, 'json')}"


def _parts(dossier: Dossier, now: datetime) -> dict[str, Any]:
    parts = {name: getattr(dossier, name) for name in _PARTS}
    return {"exported_at": now.isoformat(), "record_ends_in": str(dossier.head), **parts}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
