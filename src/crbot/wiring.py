"""The only file that knows which adapter is used.

It makes the parts from the settings and hands them to one another; what they do is theirs.
"""

from __future__ import annotations

import gc
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crbot.cases.case import Place
from crbot.cases.followups import plan_for
from crbot.cases.masking import vocabulary_of
from crbot.cases.proposals import KINDS, Proposal, proposals_of
from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.channels import lines
from crbot.channels.mail.mailbox import Mailbox, MailboxSettings, Preview
from crbot.channels.mail.microsoft import MicrosoftSettings, MicrosoftTokens
from crbot.channels.mail.mime import OurSide
from crbot.channels.mail.outlet import MailOutlet, OutletSettings
from crbot.channels.mail.reader import MailReader
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.sender import Border
from crbot.channels.mail.sent import SentFolder
from crbot.channels.mail.tokens import Tokens, TokenSettings, TokenSource
from crbot.channels.render import Letters, TemplateError
from crbot.channels.slack.account import Account
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.atonce import AtOnce
from crbot.channels.slack.boards import DrawingBoards
from crbot.channels.slack.deliveries import SlackDeliveries
from crbot.channels.slack.files import Files
from crbot.channels.slack.listen import Keep, Note, SlackListener
from crbot.channels.slack.manifest import manifest
from crbot.channels.slack.members import Members
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.people import People
from crbot.channels.slack.reader import SlackReader
from crbot.channels.slack.requesters import Requesters
from crbot.channels.slack.staff import Staff
from crbot.config import (
    Auth,
    ImapSettings,
    MailSettings,
    Settings,
    SettingsError,
    SlackMode,
    SlackSettings,
    SmtpSettings,
    example_settings,
    read_texts,
    rules_folder,
    templates_folder,
)
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk
from crbot.intake.ports import Arrival, Ignored, Outlet, Reader, Received, StaffAction, Unreadable
from crbot.intake.repeats import DEFAULT_LIMITS, Limits
from crbot.intake.staff import look_up, refusal
from crbot.store.migrations import SchemaError, is_empty, require_current, upgrade
from crbot.store.registers import Registers
from crbot.store.store import SqlStore, open_engine
from crbot.triage.decide import decide
from crbot.triage.decision import Decision
from crbot.triage.message import Channel
from crbot.triage.notation import PolicyError
from crbot.triage.policy import Policy
from crbot.triage.register import Match, Register, Spelling

_ACTION = TypeAdapter(StaffAction)


class Listener(Protocol):
    """A way in from Slack."""

    @property
    def last_envelope_at(self) -> datetime | None: ...
    @property
    def trouble(self) -> str: ...
    def is_connected(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


MakeListener = Callable[[Keep, Callable[[], datetime], Note], Listener]


@dataclass(frozen=True)
class Bot:
    """The whole bot, put together; a channel without settings is absent."""

    store: SqlStore
    desk: Desk
    ears: Ears
    outlets: Mapping[Channel, Outlet]
    mailbox: Mailbox | None
    poll_seconds: float
    slack: MakeListener | None
    closing: tuple[Callable[[], None], ...]

    def listener(self, keep: Keep, now: Callable[[], datetime], note: Note) -> Listener | None:
        """The way in from Slack, not started yet; None where Slack is off."""
        return self.slack(keep, now, note) if self.slack else None

    def close(self) -> None:
        """Let go of the database, the child process and the connections."""
        for close in self.closing:
            close()


def make_bot(settings: Settings, clock: Callable[[], datetime]) -> Bot:
    """Put the bot together. Raises `SettingsError` where a setting, a rule, a template or the database is wrong."""
    if settings.mail is None and settings.slack is None:
        raise SettingsError(
            "no channel is set up: set CRBOT_IMAP__HOST, CRBOT_SMTP__HOST and CRBOT_MAIL__ADDRESS for the mailbox, "
            "CRBOT_SLACK__BOT_TOKEN and its channels for Slack, or both"
        )
    if settings.http.port:
        raise SettingsError(
            "CRBOT_HTTP__PORT: the page that tells how the bot is is not served yet; take it out"
        )
    rules = load_rules(settings.rules)
    letters = load_letters(settings.templates)
    plan = partial(plan_for, ladders=rules.ladders, hours=rules.hours)
    engine = open_database(settings.database_url)
    store = SqlStore(engine, plan)
    own = frozenset({settings.mail.address.casefold()}) if settings.mail else frozenset[str]()
    readers: dict[Channel, Reader] = {Channel.TERMINAL: _TerminalReader()}
    outlets: dict[Channel, Outlet] = {}
    closing: list[Callable[[], None]] = [store.close]
    mailbox, listener = None, None
    if settings.imap and settings.smtp and settings.mail:
        mailbox = make_mailbox(settings, settings.imap)
        replies = ReplyAddresses(settings.mail.address, settings.mail.reply_key.get_secret_value())
        border = Border(settings.mail.authserv_id, settings.mail.microsoft365)
        reader = MailReader(OurSide(own, replies, border))
        sent = _sent_folder(settings, settings.imap)
        outlet = MailOutlet(
            _outlet_settings(settings.smtp, settings.mail, settings.imap),
            letters,
            clock,
            replies,
            _tokens(settings, settings.smtp.auth),
            sent,
        )
        readers[Channel.EMAIL], outlets[Channel.EMAIL] = reader, outlet
        closing += [reader.close, outlet.close, mailbox.close, *([sent.close] if sent else [])]
    if settings.slack:
        account = _account(settings.slack)
        people = People(account.web_client())
        channels = {Place(name): channel for name, channel in settings.slack.channels}
        members = Members(account.web_client(), channels)
        acting = StaffActions(members.among, store.case, people.person)
        staff = Staff(
            account.web_client(),
            channels,
            store,
            rules,
            clock,
            acting,
            members,
            why_refused=lambda action: why_refused(store, action, rules, clock()),
            otherwise=Requesters(account.web_client(), store, people.person, rules.policy),
        )
        listener = _listener(settings.slack, staff)
        words = Words(rules.label, lambda letter: letters.render(letter, Channel.SLACK).text, people.person)
        files = Files(account, lambda arrival: store.keep((arrival,)), clock)
        readers[Channel.SLACK] = SlackReader(people, channels.values(), acting.read, files.fetch)
        outlets[Channel.SLACK] = DrawingBoards(
            SlackOutlet(account.web_client(), channels, words), staff.boards
        )
        closing.append(staff.boards.close)
    limits = (
        Limits(settings.mail.letters_a_day, settings.mail.cases_a_day) if settings.mail else DEFAULT_LIMITS
    )
    desk = Desk(store, _Readers(readers), rules, own, clock, limits, _register(engine, rules.policy))
    poll = settings.imap.poll_seconds if settings.imap else 0.0
    return Bot(store, desk, Ears(outlets), outlets, mailbox, poll, listener, tuple(closing))


def make_mailbox(settings: Settings, imap: ImapSettings) -> Mailbox:
    """The mailbox alone, not connected yet."""
    return Mailbox(_mailbox_settings(imap), _tokens(settings, imap.auth))


def new_mail(settings: Settings) -> Iterator[Preview]:
    """The mails that would be read now; nothing in the mailbox is changed. Raises `SettingsError`, `MailboxAway`."""
    if settings.imap is None:
        raise SettingsError("no mailbox is set up: set CRBOT_IMAP__HOST")
    store = SqlStore(open_database(settings.database_url))
    mailbox = make_mailbox(settings, settings.imap.model_copy(update={"read_only": True}))
    try:
        yield from mailbox.preview(store.unknown)
    finally:
        mailbox.close()
        store.close()


def _tokens(settings: Settings, auth: Auth) -> TokenSource | None:
    if auth is not Auth.XOAUTH2 or settings.oauth is None:
        return None
    oauth = settings.oauth
    secret, refresh_token = oauth.client_secret.get_secret_value(), oauth.refresh_token.get_secret_value()
    name = "AUTHORITY" if oauth.authority else "TOKEN_URL"
    try:
        if oauth.authority:
            certificate = oauth.certificate.get_secret_value()
            return MicrosoftTokens(
                MicrosoftSettings(oauth.authority, oauth.client_id, secret, certificate, oauth.scope)
            )
        return Tokens(TokenSettings(oauth.token_url, oauth.client_id, secret, refresh_token, oauth.scope))
    except ValueError as error:
        raise SettingsError(f"CRBOT_OAUTH__{name}: {error}") from None


def _sent_folder(settings: Settings, imap: ImapSettings) -> SentFolder | None:
    if not imap.sent_folder:
        return None
    account = _mailbox_settings(imap).account
    return SentFolder(account, imap.sent_folder, _tokens(settings, imap.auth))


def load_rules(folder: Path | None = None) -> Rulebook:
    """The rules of a folder, else the ones that came with crbot. Raises `SettingsError` with all that is wrong."""
    place = rules_folder(folder)
    try:
        with _collecting_no_garbage():
            return parse_rules(read_texts(place, ".yaml"))
    except PolicyError as error:
        raise SettingsError(f"the rules in {place} are not valid:\n{error}") from None


def _register(engine: Engine, policy: Policy) -> Register | None:
    """The register of agencies; None where no list was taken in."""
    agencies = Registers(engine).all()
    return Register(agencies, Spelling(policy.words)) if agencies else None


@contextmanager
def open_registers(settings: Settings) -> Iterator[Registers]:
    """The lists of agencies that were taken in. Raises `SettingsError`."""
    engine = open_database(settings.database_url)
    try:
        yield Registers(engine)
    finally:
        engine.dispose()


def find_agency(settings: Settings, name: str, state: str, domain: str) -> Match:
    """What the register knows of a name. Raises `SettingsError` where no list was taken in."""
    with open_registers(settings) as lists:
        agencies = lists.all()
    if not agencies:
        raise SettingsError("there is no register yet; take a list in: crbot agencies import LIST.csv")
    return Register(agencies, Spelling(load_policy(settings.rules).words)).find(name, state, domain)


def load_policy(folder: Path | None = None) -> Policy:
    """Of the rules of a folder, those by which messages are decided. Raises `SettingsError` with all that is wrong."""
    return load_rules(folder).policy


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """For what makes a million objects that stay: they are never looked through for garbage, now or later."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def load_letters(folder: Path | None = None) -> Letters:
    """The templates of a folder, else the ones that came with crbot. Raises `SettingsError`."""
    place = templates_folder(folder)
    try:
        return Letters(read_texts(place, ""))
    except TemplateError as error:
        raise SettingsError(f"the templates in {place} are not valid:\n{error}") from None


def open_database(url: str) -> Engine:
    """Connect; a new database is filled, one of another schema is refused. Raises `SettingsError`."""
    try:
        engine = open_engine(url)
        if is_empty(engine):
            upgrade(engine)
        require_current(engine)
    except (SQLAlchemyError, SchemaError) as error:
        reason = getattr(error, "orig", None) or error
        raise SettingsError(f"CRBOT_DATABASE_URL: the database can't be used: {reason}") from None
    return engine


def upgrade_database(settings: Settings) -> None:
    """Bring the database to the schema of this program. Raises `SettingsError`."""
    try:
        engine = open_engine(settings.database_url)
        upgrade(engine)
        engine.dispose()
    except SQLAlchemyError as error:
        raise SettingsError(f"CRBOT_DATABASE_URL: the database can't be used: {error}") from None


# Without a database: messages from files


@dataclass(frozen=True, slots=True)
class Triaged:
    """What came of one mail of a file."""

    name: str
    decision: Decision | None
    trouble: str = ""  # why there is no decision


def triage_mails(mails: Iterable[tuple[str, bytes]], policy: Policy) -> Iterator[Triaged]:
    """Decide about mails, each on its own; one that can't be read does not stop the next."""
    reader = MailReader(OurSide())
    try:
        for name, raw in mails:
            try:
                received = reader.read(Arrival(Channel.EMAIL, name, raw, datetime.min.replace(tzinfo=UTC)))
            except Unreadable as error:
                yield Triaged(name, None, str(error))
                continue
            assert isinstance(received, Received)
            yield Triaged(name, decide(received.message, policy))
    finally:
        reader.close()


def as_json(triaged: Triaged, policy: Policy) -> str:
    """One object on one line: the source, and the fields of a labelled line or the error."""
    told = lines.told(triaged.decision, policy) if triaged.decision else {"error": triaged.trouble}
    return json.dumps({"source": triaged.name, **told}, ensure_ascii=False)


def decide_lines(stream: Iterable[bytes], policy: Policy) -> Iterator[str]:
    """The decision about each labelled line, as a line; one that can't be read gives an error line."""
    return lines.decide_lines((line.decode("utf-8", "replace") for line in stream), policy)


# A person at the terminal


def terminal_action(action: StaffAction, now: datetime) -> Arrival:
    """An action from the terminal, to be kept like everything that arrives."""
    return Arrival(Channel.TERMINAL, f"terminal:{uuid.uuid4()}", _ACTION.dump_json(action), now)


def why_refused(store: SqlStore, action: StaffAction, rules: Rulebook, now: datetime) -> str:
    """Why an action would not be done now, so that a person at the terminal knows at once; "" where it would.

    Nobody can tell while something else waits that may change the case first.
    """
    kept, _ = store.waiting()
    return "" if kept else refusal(*look_up(action, rules, store, now))


def proposals(store: SqlStore, rules: Path | None = None) -> Iterator[Proposal]:
    """What staff corrected and disputed, case by case, without persons and places."""
    texts = read_texts(rules_folder(rules), ".yaml")
    vocabulary = vocabulary_of(text for name, text in texts.items() if name not in _FULL_OF_NAMES)
    for number in store.cases_in_which(KINDS):
        case = store.case(number)
        if case is not None:
            yield from proposals_of(case, store.record_of(number), vocabulary)


_FULL_OF_NAMES = frozenset({"words/agencies.yaml", "words/states.yaml", "words/domains.yaml", "hours.yaml"})


class _TerminalReader:
    """Reads what `terminal_action` wrote."""

    def read(self, arrival: Arrival) -> StaffAction:
        try:
            return _ACTION.validate_json(arrival.raw)
        except ValidationError as error:
            raise Unreadable(f"The action cannot be read: {error.error_count()} faults") from error


class _Readers:
    """Gives each arrival to the reader of its channel."""

    def __init__(self, by_channel: Mapping[Channel, Reader]) -> None:
        self._by_channel = by_channel

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        reader = self._by_channel.get(arrival.channel)
        if reader is None:
            raise Unreadable(f"It came by {arrival.channel}, and that is not set up any more.")
        return reader.read(arrival)


# Starting anew


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write settings, rules, templates and the Slack manifest to edit; returns what was written.

    Raises `SettingsError` where the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; name a new folder, nothing is overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(rules_folder(None), folder / "rules")
    shutil.copytree(templates_folder(None), folder / "templates")
    (folder / "crbot.toml").write_text(example_settings(folder), encoding="utf-8")
    (folder / "slack-manifest.json").write_text(slack_manifest(), encoding="utf-8")
    return tuple(folder / name for name in ("crbot.toml", "rules", "templates", "slack-manifest.json"))


def slack_manifest(url: str = "") -> str:
    """The Slack app's manifest, as JSON. `url`: see `manifest`."""
    return json.dumps(manifest(url), indent=2)


# From settings to each adapter's own


def _mailbox_settings(imap: ImapSettings) -> MailboxSettings:
    return MailboxSettings(
        host=imap.host,
        port=imap.port,
        username=imap.username,
        password=imap.password.get_secret_value(),
        security=imap.security,
        folder=imap.folder,
        done_folder=imap.done_folder,
        trouble_folder=imap.trouble_folder,
        timeout=imap.timeout_seconds,
        max_message_bytes=imap.max_message_bytes,
        since=imap.since,
        is_read_only=imap.read_only,
        poll=imap.poll_seconds,
    )


def _outlet_settings(smtp: SmtpSettings, mail: MailSettings, imap: ImapSettings) -> OutletSettings:
    return OutletSettings(
        host=smtp.host,
        port=smtp.port,
        address=mail.address,
        name=mail.name,
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        security=smtp.security,
        timeout=smtp.timeout_seconds,
        per_minute=smtp.per_minute,
        copies_sent=imap.sent_copy,
    )


def _account(slack: SlackSettings) -> Account:
    return Account(slack.bot_token.get_secret_value(), slack.app_token.get_secret_value(), slack.api_url)


def _listener(slack: SlackSettings, at_once: AtOnce) -> MakeListener:
    account = _account(slack)
    if slack.mode is SlackMode.SOCKET:
        return partial(SlackListener, account, at_once=at_once)
    secret = slack.signing_secret.get_secret_value()
    return partial(
        SlackDeliveries, account, signing_secret=secret, port=slack.port, host=slack.host, at_once=at_once
    )
