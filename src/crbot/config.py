"""Settings from the environment and crbot.toml; and where rules and templates are found.

The only place that reads the environment. What a setting is used for is told in its description, which
`crbot --help` and the documentation show too.
"""

from __future__ import annotations

import difflib
import os
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crbot.channels.mail.security import Security

NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and the mend."""


class Auth(StrEnum):
    PASSWORD = "password"  # noqa: S105  (the name of a method)
    XOAUTH2 = "xoauth2"


class SlackMode(StrEnum):
    SOCKET = "socket"
    HTTP = "http"


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class _Group(BaseModel):
    """Settings that belong together; a name that is none of them is told, not passed over."""

    model_config = ConfigDict(extra="forbid")


class _Server(_Group):
    """Host, account and security of a mail server."""

    host: NonEmpty = Field(description="name of the server")
    username: str = Field("", description="account; empty: no login")
    password: SecretStr = Field(SecretStr(""), description="or PASSWORD_FILE, the file that holds it")
    auth: Auth = Field(Auth.PASSWORD, description="password, or xoauth2 with tokens from [oauth]")
    security: Security = Field(Security.SSL, description="ssl, starttls or none")
    insecure: bool = Field(False, description="say true to use security=none beyond this machine")

    @model_validator(mode="after")
    def _refuse_plain_text_beyond_this_machine(self) -> _Server:
        if self.security is Security.NONE and self.host not in _LOOPBACK and not self.insecure:
            raise ValueError(
                f"security=none would send the password in the clear to {self.host}; "
                "write security=ssl or starttls, or insecure=true if the line is safe"
            )
        return self


class ImapSettings(_Server):
    """The mailbox that requests arrive in."""

    port: int = Field(993, description="993 for ssl, 143 for starttls")
    folder: str = Field("INBOX", description="the folder that is read")
    done_folder: str = Field("crbot/Done", description="where a kept message is moved; empty: it stays")
    trouble_folder: str = Field("crbot/Trouble", description="where a message is moved that cannot be read")
    since: date | None = Field(None, description="leave alone what came before this day, as 2026-03-02")
    read_only: bool = Field(False, description="move nothing and make no folder")
    sent_folder: str = Field("", description="where sent mail lies; a letter in doubt is looked for there")
    sent_copy: bool = Field(
        False, description="lay a copy of each letter there, where the mail server does not do it itself"
    )
    poll_seconds: float = Field(60, gt=0, description="how often to look, beside IDLE")
    timeout_seconds: float = Field(30, gt=0)
    max_message_bytes: int = Field(
        150_000_000, gt=0, description="of a larger mail only the beginning is kept"
    )


class SmtpSettings(_Server):
    """The server that letters leave by."""

    port: int = Field(465, description="465 for ssl, 587 for starttls")
    timeout_seconds: float = Field(30, gt=0)
    per_minute: int = Field(30, ge=0, description="letters that the server takes in a minute; 0: any number")


class OAuthSettings(BaseModel):
    """Where tokens are to be had that stand for a password (auth=xoauth2), for mailbox and mail server alike."""

    authority: str = Field(
        "", description="Microsoft 365: https://login.microsoftonline.com/TENANT; needs crbot[microsoft365]"
    )
    token_url: str = Field("", description="every other provider, as https://oauth2.googleapis.com/token")
    client_id: NonEmpty
    client_secret: SecretStr = SecretStr("")
    certificate: SecretStr = Field(
        SecretStr(""), description="with authority, in place of the secret: certificate and private key (PEM)"
    )
    refresh_token: SecretStr = Field(SecretStr(""), description="empty: the client itself is let in")
    scope: str = Field(
        "https://outlook.office365.com/.default", description="Gmail: https://mail.google.com/"
    )

    @model_validator(mode="after")
    def _one_provider_is_named(self) -> OAuthSettings:
        if bool(self.authority) == bool(self.token_url):
            raise ValueError(
                "set either CRBOT_OAUTH__AUTHORITY (Microsoft 365) or CRBOT_OAUTH__TOKEN_URL (any other provider)"
            )
        return self


class MailSettings(_Group):
    """How the desk writes mail."""

    address: NonEmpty = Field(description="the Response Center's address; letters come from it")
    name: str = Field("COPS Office Response Center", description="the name beside the address")
    authserv_id: str = Field("", description="name of our own server in Authentication-Results")
    microsoft365: bool = Field(
        False,
        description="the mailbox is at Microsoft 365, which writes Authentication-Results without a name",
    )
    reply_key: SecretStr = Field(
        SecretStr(""),
        description="any long secret: answers then come to address+case-signature, where the server delivers such",
    )
    letters_a_day: int = Field(10, gt=0, description="to one address, that no person has released")
    alarms: str = Field(
        "", description="an address of staff that is written to when Slack is broken, and when it is over"
    )
    cases_a_day: int = Field(20, gt=0, description="opened by one sender before a person looks")


class SlackChannels(_Group):
    """The private channels of staff, by id."""

    cri_tac: NonEmpty
    critical_response: NonEmpty
    organizational_assessment: NonEmpty
    review: NonEmpty = Field(description="where a person is needed first, and where troubles are shown")


class SlackDuty(_Group):
    """Whom an escalation calls in each channel, by user id; nobody: it is shown in the channel alone."""

    cri_tac: str = ""
    critical_response: str = ""
    organizational_assessment: str = ""
    review: str = ""


class SlackSettings(_Group):
    """The Slack app."""

    bot_token: SecretStr = Field(description="xoxb-…")
    app_token: SecretStr = Field(SecretStr(""), description="xapp-…, for mode=socket")
    signing_secret: SecretStr = Field(SecretStr(""), description="for mode=http")
    api_url: str = Field("https://slack.com/api/", description="GovSlack: https://slack-gov.com/api/")
    mode: SlackMode = SlackMode.SOCKET
    host: str = Field("127.0.0.1", description="for mode=http: where to listen; TLS is a proxy's before it")
    port: int = Field(3000, description="for mode=http: Slack's Request URL leads to /slack/events there")
    channels: SlackChannels
    duty: SlackDuty = SlackDuty()

    @model_validator(mode="after")
    def _each_mode_has_its_secret(self) -> SlackSettings:
        if self.mode is SlackMode.SOCKET and not self.app_token.get_secret_value():
            raise ValueError(
                "app_token is missing; mode=socket needs the app-level token (xapp-…, scope connections:write)"
            )
        if self.mode is SlackMode.HTTP and not self.signing_secret.get_secret_value():
            raise ValueError(
                "signing_secret is missing; mode=http needs it (the app's Basic Information page)"
            )
        return self

    @model_validator(mode="after")
    def _the_api_is_spoken_to_in_secret(self) -> SlackSettings:
        host = self.api_url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
        if not self.api_url.startswith("https://") and host not in _LOOPBACK:
            raise ValueError(f"api_url is {self.api_url}; it must begin with https://")
        return self


class HttpSettings(_Group):
    """The pages that tell how the bot is."""

    port: int = Field(0, description="of /healthz, /readyz and /metrics; 0: off")
    host: str = Field("127.0.0.1", description="where to listen; TLS and who may come is a proxy's before it")
    token: SecretStr = Field(
        SecretStr(""), description="who has it may look at cases, at /cases; empty: nobody"
    )


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogSettings(_Group):
    format: LogFormat = LogFormat.TEXT
    level: str = "INFO"


class Role(StrEnum):
    """What a program does of the bot's work; over PostgreSQL several programs share it."""

    ALL = "all"
    MAILBOX = "mailbox"  # reads the mailbox, and moves what is worked on
    SLACK = "slack"  # is connected to Slack
    WORKER = "worker"  # thinks, sends, follows up


class Settings(BaseSettings):
    """All settings: environment variables `CRBOT_…`, over crbot.toml in the working folder."""

    model_config = SettingsConfigDict(env_prefix="CRBOT_", env_nested_delimiter="__", extra="forbid")

    database_url: str = Field("sqlite:///crbot.db", description="sqlite:///FILE or postgresql+psycopg://…")
    role: Role = Field(Role.ALL, description="all, mailbox, slack, worker: several programs share PostgreSQL")
    imap: ImapSettings | None = None
    smtp: SmtpSettings | None = None
    mail: MailSettings | None = None
    oauth: OAuthSettings | None = None
    slack: SlackSettings | None = None
    rules: Path | None = Field(None, description="folder of rules; else the ones that came with crbot")
    rules_shadow: Path | None = Field(
        None, description="folder of rules that decide beside those in force, without any effect"
    )
    templates: Path | None = Field(
        None, description="folder of templates; else the ones that came with crbot"
    )
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        assert isinstance(env_settings, EnvSettingsSource)
        env_settings.env_vars = {name.lower(): value for name, value in _environment().items()}
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get("CRBOT_CONFIG", "crbot.toml"))
        return (init_settings, env_settings, toml)

    @model_validator(mode="after")
    def _one_program_does_all_over_a_file(self) -> Settings:
        if self.role is not Role.ALL and self.database_url.startswith("sqlite"):
            raise ValueError(
                f"CRBOT_ROLE={self.role}: an SQLite file is one program's, which does everything; leave the role out, "
                "or set CRBOT_DATABASE_URL to a PostgreSQL database"
            )
        return self

    @model_validator(mode="after")
    def _tokens_are_to_be_had(self) -> Settings:
        wanted = [server for server in (self.imap, self.smtp) if server and server.auth is Auth.XOAUTH2]
        if wanted and self.oauth is None:
            raise ValueError(
                "auth=xoauth2 needs tokens: set CRBOT_OAUTH__CLIENT_ID and CRBOT_OAUTH__AUTHORITY (Microsoft 365) "
                "or CRBOT_OAUTH__TOKEN_URL"
            )
        return self

    @model_validator(mode="after")
    def _mail_is_whole_or_off(self) -> Settings:
        parts = {"imap": self.imap, "smtp": self.smtp, "mail": self.mail}
        missing = [name for name, part in parts.items() if part is None]
        if missing and len(missing) < len(parts):
            names = ", ".join(
                {"imap": "CRBOT_IMAP__HOST", "smtp": "CRBOT_SMTP__HOST", "mail": "CRBOT_MAIL__ADDRESS"}[m]
                for m in missing
            )
            raise ValueError(f"the mailbox needs three parts, and of them is missing: {names}")
        return self


def load_settings(role: str = "") -> Settings:
    """Read the settings; a role that is named outranks theirs.

    Raises `SettingsError`, which names each wrong setting and its mend.
    """
    _refuse_unknown_variables()
    try:
        return Settings.model_validate({"role": role}) if role else Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_explained(each) for each in error.errors())) from None
    except ValueError as error:  # a broken crbot.toml
        raise SettingsError(f"{os.environ.get('CRBOT_CONFIG', 'crbot.toml')}: {error}") from None


def _explained(error: Any) -> str:
    location = [str(part) for part in error["loc"]]
    name = "CRBOT_" + "__".join(location).upper() if location else "settings"
    if error["type"] == "missing":
        return f"{name} is missing; set it in the environment, or as {'.'.join(location)} in crbot.toml"
    source = _source_of(name)
    if error["type"] == "extra_forbidden":
        known = setting_names()
        nearest = difflib.get_close_matches(name, known, n=1)
        mend = f"did you mean {nearest[0]}?" if nearest else "take it out"
        return f"{name}{source} is no setting of crbot; {mend}"
    told = error["msg"].removeprefix("Value error, ")
    if not location:  # what settings together come to; it names them itself
        return str(told)
    return f"{name}{_shown(location, error['input'])}{source}: {told[:1].lower()}{told[1:]}"


_SECRET = ("password", "secret", "token", "key", "certificate")


def _shown(location: list[str], given: object) -> str:
    """What a setting was given, as in " = 'many'"; of a secret, and of a group of settings, nothing."""
    if not isinstance(given, str | int | float | bool):
        return ""
    is_secret = bool(location) and any(each in location[-1] for each in _SECRET)
    return " = (hidden)" if is_secret else f" = {given!r}"


def _source_of(name: str) -> str:
    """Where a setting, or one of a group, was said."""
    variables = [
        each for each in os.environ if each in (name, f"{name}_FILE") or each.startswith(f"{name}__")
    ]
    if variables:
        return " (from the environment)"
    file = Path(os.environ.get("CRBOT_CONFIG", "crbot.toml"))
    return f" (from {file})" if file.is_file() else ""


def _environment() -> dict[str, str]:
    """Our variables, with the content of the file in place of each `CRBOT_…_FILE`, as container secrets want it."""
    known = setting_names()
    ours = {name: value for name, value in os.environ.items() if name.startswith("CRBOT_")}
    for name in [name for name in ours if name not in known and name.removesuffix("_FILE") in known]:
        ours[name.removesuffix("_FILE")] = _secret_in(ours.pop(name), name)
    return ours


def _secret_in(file: str, name: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}: {file} can't be read: {error.strerror}") from None


def setting_names(group: type[BaseModel] = Settings, prefix: str = "CRBOT_") -> tuple[str, ...]:
    """The environment variables of all settings."""
    names: list[str] = []
    for name, field in group.model_fields.items():
        inner = next(
            (each for each in (field.annotation, *get_args(field.annotation)) if _is_group(each)), None
        )
        whole = f"{prefix}{name.upper()}"
        names += setting_names(inner, f"{whole}__") if inner else [whole]
    return tuple(names)


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


_NO_SETTINGS = frozenset({"CRBOT_CONFIG"})  # read before the settings are


def _refuse_unknown_variables() -> None:
    known = setting_names()
    for name in os.environ:
        if (
            not name.startswith("CRBOT_")
            or name in (*known, *_NO_SETTINGS)
            or name.removesuffix("_FILE") in known
        ):
            continue
        nearest = difflib.get_close_matches(name, known, n=1)
        mend = f"did you mean {nearest[0]}?" if nearest else "take it out of the environment"
        raise SettingsError(f"{name} is no setting of crbot; {mend}")


def _shipped(name: str) -> Path:
    """The folder that came with crbot: in the wheel, or beside src/ in a checkout."""
    here = Path(__file__).resolve().parent
    in_wheel = here / "_defaults" / name
    return in_wheel if in_wheel.is_dir() else here.parents[1] / name


def rules_folder(chosen: Path | None) -> Path:
    return chosen or _shipped("rules")


def templates_folder(chosen: Path | None) -> Path:
    return chosen or _shipped("templates")


MOST_BYTES = 4 * 1024 * 1024  # of a file of rules or a template, fifty times those of a long one
MOST_FILES = 1_000


def read_texts(folder: Path, suffix: str) -> dict[str, str]:
    """Every file below a folder with this suffix, by its name in it. Raises `SettingsError` with all that is wrong."""
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder; name the right one, or make one with: crbot init DIR")
    files = sorted(islice((file for file in folder.rglob(f"*{suffix}") if file.is_file()), MOST_FILES + 1))
    if not files:
        raise SettingsError(
            f"{folder} holds no {suffix} file; name the right folder, or make one with: crbot init DIR"
        )
    if len(files) > MOST_FILES:
        raise SettingsError(f"{folder} holds more than {MOST_FILES:,} {suffix} files; name the right folder")
    texts: dict[str, str] = {}
    wrong: list[str] = []
    for file in files:
        try:
            texts[file.relative_to(folder).as_posix()] = _read_text(file)
        except OSError as error:
            wrong.append(f"{file} can't be read: {error.strerror}")
        except ValueError as error:
            wrong.append(f"{file} {error}")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return texts


def _read_text(file: Path) -> str:
    """The text of a file, line ends made equal. Raises ValueError, the end of a sentence about it, and OSError."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(
            f"has {size / 1024**2:,.0f} MB, and no file here has more than {MOST_BYTES // 1024**2}; "
            "cut it in several, or take it out if it does not belong here"
        )
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not UTF-8, line {line}; save it again as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
