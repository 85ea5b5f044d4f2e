"""The folder of sent mail: whether a letter lies in it, and a copy laid there.

It is what can be asked after a line broke amid a letter. When it is asked is the outlet's.
"""

from __future__ import annotations

from datetime import datetime

from imapclient import IMAPClient

from crbot.channels.mail.imap import Account, ImapLine
from crbot.channels.mail.tokens import TokenSource


class SentFolder:
    """One folder, over a connection of its own. For one thread. Every method may raise `MailboxAway`."""

    def __init__(self, account: Account, folder: str, tokens: TokenSource | None = None) -> None:
        self._line = ImapLine(account, tokens)
        self._folder = folder

    def holds(self, message_id: str) -> bool:
        """True where a mail with this Message-ID lies there."""
        with self._line.explained("doesn't tell what was sent"):
            client, folder = self._opened(), self._line.on_server(self._folder)
            if not client.folder_exists(folder):
                return False
            client.select_folder(folder, readonly=True)
            return bool(client.search(["HEADER", "Message-ID", message_id]))

    def add(self, raw: bytes, at: datetime) -> None:
        """Lay a copy there, as read; the folder is made where it is missing."""
        with self._line.explained("doesn't take the copy of a letter"):
            client = self._opened()
            self._line.make_folder(self._folder)
            client.append(self._line.on_server(self._folder), raw, flags=[b"\\Seen"], msg_time=at)

    def close(self) -> None:
        self._line.close()

    def _opened(self) -> IMAPClient:
        """The line, where the server still listens to it, else a new one."""
        if self._line.is_open:
            try:
                self._line.client.noop()
            except Exception:  # noqa: BLE001  (whatever it is, the line is no good)
                self._line.drop()
            else:
                return self._line.client
        return self._line.open()
