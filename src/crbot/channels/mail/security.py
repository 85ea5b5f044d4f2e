"""How a line to a mail server is kept secret; the same for reading and for sending."""

from __future__ import annotations

import ssl
from enum import StrEnum


class Security(StrEnum):
    """SSL from the first byte, STARTTLS before the login, or nothing (for a server on this machine)."""

    SSL = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


def tls_context() -> ssl.SSLContext:
    """Certificates are checked, with the certificates that this machine trusts (SSL_CERT_FILE adds to them)."""
    return ssl.create_default_context()
