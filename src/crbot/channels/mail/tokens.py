"""Tokens that stand for a password (OAuth 2.0): fetched from the provider, used until they run out.

Which account they open is told at the login of mailbox and outlet.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from crbot.channels.mail.charsets import clean_line

_MAX_ANSWER_BYTES = 100_000
_SPARE_SECONDS = 120.0  # a token that runs out amid a login is refused
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class TokenRefused(Exception):
    """The provider gives no token; the text says why. `is_away`: it could not be asked."""

    def __init__(self, reason: str, *, is_away: bool) -> None:
        super().__init__(reason)
        self.is_away = is_away


class TokenSource(Protocol):
    """Whoever gives tokens. For any thread."""

    def token(self) -> str:
        """A token that is good for a while. Raises `TokenRefused`."""

    def forget(self) -> None:
        """A server refuses the token: the next one is fetched anew."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Where tokens are to be had, and what proves that we may have them."""

    url: str  # Google: https://oauth2.googleapis.com/token
    client_id: str
    client_secret: str = field(repr=False, default="")
    refresh_token: str = field(repr=False, default="")  # "": the client itself is let in (client credentials)
    scope: str = ""
    timeout: float = 30.0


class Tokens:
    """Fits `TokenSource`, for every provider that keeps to the standard."""

    def __init__(self, settings: TokenSettings, clock: Callable[[], float] = time.monotonic) -> None:
        host = urllib.parse.urlsplit(settings.url).hostname
        if not settings.url.startswith("https://") and host not in _LOOPBACK:
            raise ValueError(f"the address for tokens is {settings.url}; it must begin with https://")
        self._settings = settings
        self._clock = clock
        self._token = ""
        self._good_until = 0.0
        self._lock = threading.Lock()

    def token(self) -> str:
        """The token, a new one where the last has run out. Raises `TokenRefused`."""
        with self._lock:
            if self._clock() >= self._good_until:
                self._token, seconds = self._fetched()
                self._good_until = self._clock() + max(0.0, seconds - _SPARE_SECONDS)
            return self._token

    def forget(self) -> None:
        """A server refuses the token: the next one is fetched anew."""
        with self._lock:
            self._good_until = 0.0

    def _fetched(self) -> tuple[str, float]:
        """A token, and how many seconds it is good for."""
        settings = self._settings
        grant = "refresh_token" if settings.refresh_token else "client_credentials"
        form = {
            "grant_type": grant,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "refresh_token": settings.refresh_token,
            "scope": settings.scope,
        }
        body = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
        answer = self._asked(urllib.request.Request(settings.url, data=body))  # noqa: S310  (checked above)
        try:
            return str(answer["access_token"]), float(answer.get("expires_in", 300))
        except (KeyError, TypeError, ValueError):
            raise TokenRefused("the provider of tokens answers without a token", is_away=False) from None

    def _asked(self, request: urllib.request.Request) -> dict[str, Any]:
        where = urllib.parse.urlsplit(request.full_url).hostname
        try:
            with urllib.request.urlopen(request, timeout=self._settings.timeout) as answer:  # noqa: S310
                told = json.loads(answer.read(_MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            is_away = error.code >= 500 or error.code == 429
            raise TokenRefused(f"{where} gives no token: {_reason(error)}", is_away=is_away) from None
        except (OSError, ValueError) as error:
            raise TokenRefused(
                f"{where} can't be asked for a token: {clean_line(str(error))[:200]}", is_away=True
            ) from None
        return told if isinstance(told, dict) else {}


def _reason(error: urllib.error.HTTPError) -> str:
    """What the provider says; its words name the wrong setting, and no secret."""
    try:
        with error:
            told = json.loads(error.read(_MAX_ANSWER_BYTES))
        said = " ".join(str(told[name]) for name in ("error", "error_description") if name in told)
    except (OSError, ValueError, TypeError):
        said = ""
    return clean_line(f"{error.code} {said}")[:300]
