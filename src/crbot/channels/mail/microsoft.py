"""Tokens of Microsoft 365 by Microsoft's own library (msal), which also logs in with a certificate.

An optional part of the installation: crbot[microsoft365]. Every other provider is asked by `tokens`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crbot.channels.mail.charsets import clean_line
from crbot.channels.mail.tokens import TokenRefused

# What the provider says when it is busy or in trouble; everything else is the settings' fault.
_PASSING = frozenset({"server_error", "temporarily_unavailable", "too_many_requests"})


@dataclass(frozen=True, slots=True)
class MicrosoftSettings:
    """Which application we are, and what proves it: a secret, or a certificate with its private key (PEM)."""

    authority: str  # https://login.microsoftonline.com/TENANT
    client_id: str
    client_secret: str = field(repr=False, default="")
    certificate: str = field(repr=False, default="")
    scope: str = "https://outlook.office365.com/.default"
    timeout: float = 30.0

    @property
    def credential(self) -> str | dict[str, str]:
        if not self.certificate:
            return self.client_secret
        return {"private_key": self.certificate, "public_certificate": self.certificate}


class MicrosoftTokens:
    """Fits `tokens.TokenSource`. For any thread. Nothing is asked of the network before the first token."""

    def __init__(self, settings: MicrosoftSettings) -> None:
        """Raises ValueError where something is missing, with the mend."""
        parts = urlsplit(settings.authority)
        if parts.scheme != "https" or not parts.path.strip("/"):
            raise ValueError(
                f"the authority is {settings.authority}; it must be like https://login.microsoftonline.com/TENANT"
            )
        try:
            import msal
        except ImportError:
            raise ValueError(
                "the library of Microsoft's is not there: pip install 'crbot[microsoft365]'"
            ) from None
        self._msal = msal
        self._settings = settings
        self._application: Any = None
        self._lock = threading.Lock()

    def token(self) -> str:
        """The token, a new one where the last has run out. Raises `TokenRefused`."""
        with self._lock:
            told = self._asked()
        if "access_token" in told:
            return str(told["access_token"])
        reason = clean_line(f"{told.get('error', '')} {told.get('error_description', '')}")[:300]
        raise TokenRefused(
            f"{self._host} gives no token: {reason}", is_away=str(told.get("error")) in _PASSING
        )

    def forget(self) -> None:
        """A server refuses the token: the next one is fetched anew."""
        with self._lock:
            if self._application is not None:
                self._application.remove_tokens_for_client()

    def _asked(self) -> dict[str, Any]:
        try:
            if self._application is None:
                self._application = self._new_application()
            told = self._application.acquire_token_for_client([self._settings.scope])
        except OSError as error:  # what `requests` raises, too
            raise TokenRefused(
                f"{self._host} can't be asked for a token: {clean_line(str(error))[:200]}", is_away=True
            ) from None
        except ValueError as error:  # a tenant that is none, a certificate that is none
            reason = clean_line(str(error))[:300]
            raise TokenRefused(f"{self._host} gives no token: {reason}", is_away=False) from None
        return told if isinstance(told, dict) else {}

    def _new_application(self) -> Any:
        settings = self._settings
        return self._msal.ConfidentialClientApplication(
            settings.client_id,
            client_credential=settings.credential,
            authority=settings.authority,
            # The address is what the operator wrote; asking another host whether it is right would need that one too.
            instance_discovery=False,
            timeout=settings.timeout,
        )

    @property
    def _host(self) -> str:
        return urlsplit(self._settings.authority).hostname or ""
