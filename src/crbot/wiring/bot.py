"""The whole bot, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from crbot.cases.case import Place
from crbot.cases.followups import plan_for
from crbot.channels.mail.mailbox import Mailbox
from crbot.channels.mail.mime import OurSide
from crbot.channels.mail.outlet import MailOutlet
from crbot.channels.mail.reader import MailReader
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.sender import Border
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.boards import DrawingBoards
from crbot.channels.slack.files import Files
from crbot.channels.slack.listen import Keep, Note
from crbot.channels.slack.members import Members
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.people import People
from crbot.channels.slack.reader import SlackReader
from crbot.channels.slack.requesters import Requesters
from crbot.channels.slack.staff import Staff
from crbot.config import Role, Settings, SettingsError
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk
from crbot.intake.ports import Arrival, Ignored, Outlet, Reader, Received, StaffAction, Unreadable
from crbot.intake.repeats import DEFAULT_LIMITS, Limits
from crbot.store.apart import Lead
from crbot.store.store import SqlStore
from crbot.triage.message import Channel
from crbot.wiring.database import means_in, open_database, sole_user
from crbot.wiring.folders import load_letters, load_rules
from crbot.wiring.mail import is_signed, make_mailbox, outlet_settings, sent_folder, tokens_of
from crbot.wiring.slack import Listener, MakeListener, account_of, make_listener
from crbot.wiring.staff import TerminalReader, decline_in_words, why_refused
from crbot.wiring.watching import Watching, make_watching


@dataclass(frozen=True)
class Bot:
    """The bot, put together; absent are a channel without settings, and what other programs do by its role."""

    store: SqlStore
    desk: Desk
    ears: Ears
    outlets: Mapping[Channel, Outlet]
    mailbox: Mailbox | None
    poll_seconds: float
    slack: MakeListener | None
    works: bool  # thinks, sends and follows up
    is_shared: bool  # other programs may work over the same database
    lead: Lead  # who has it reads the mailbox
    closing: tuple[Callable[[], None], ...]
    watching: Watching  # how it is, for whoever watches
    alarms: str = ""  # the mail address of staff that is written to when something of ours is broken

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
    rules = load_rules(settings.rules)
    letters = load_letters(settings.templates)
    plan = partial(plan_for, ladders=rules.ladders, hours=rules.hours)
    engine = open_database(settings.database_url)
    store = SqlStore(engine, plan)
    sole = sole_user(engine, clock())
    if is_alone := engine.dialect.name == "sqlite":
        store.take_over(clock())
    means = means_in(engine, rules.policy, is_signed=is_signed(settings))
    own = frozenset({settings.mail.address.casefold()}) if settings.mail else frozenset[str]()
    readers: dict[Channel, Reader] = {Channel.TERMINAL: TerminalReader()}
    outlets: dict[Channel, Outlet] = {}
    lead = Lead(engine, "mailbox")
    closing: list[Callable[[], None]] = [lead.close, store.close, sole.release]
    mailbox, listener = None, None
    if settings.imap and settings.smtp and settings.mail:
        mailbox = make_mailbox(settings, settings.imap)
        replies = ReplyAddresses(settings.mail.address, settings.mail.reply_key.get_secret_value())
        border = Border(settings.mail.authserv_id, settings.mail.microsoft365)
        reader = MailReader(OurSide(own, replies, border))
        sent = sent_folder(settings, settings.imap)
        outlet = MailOutlet(
            outlet_settings(settings.smtp, settings.mail, settings.imap),
            letters,
            clock,
            replies,
            tokens_of(settings, settings.smtp.auth),
            sent,
        )
        readers[Channel.EMAIL], outlets[Channel.EMAIL] = reader, outlet
        closing += [reader.close, outlet.close, mailbox.close, *([sent.close] if sent else [])]
    if settings.slack:
        account = account_of(settings.slack)
        people = People(account.web_client())
        channels = {Place(name): channel for name, channel in settings.slack.channels}
        members = Members(account.web_client(), channels)
        requesters = Requesters(account.web_client(), store, people.person, rules.policy, clock)
        acting = StaffActions(members.among, store.case, people.person)
        staff = Staff(
            account.web_client(),
            channels,
            store,
            rules,
            clock,
            acting,
            members,
            why_refused=lambda action: why_refused(store, action, rules, clock(), means),
            otherwise=requesters,
        )
        listener = make_listener(settings.slack, staff)
        duty = {Place(name): user for name, user in settings.slack.duty if user}
        words = Words(
            rules.label,
            lambda letter: letters.render(letter, Channel.SLACK).text,
            people.person,
            partial(decline_in_words, rules.policy, letters),
            duty,
        )
        files = Files(account, lambda arrival: store.keep((arrival,)), clock)
        readers[Channel.SLACK] = SlackReader(people, channels.values(), acting.read, files.fetch)
        outlets[Channel.SLACK] = DrawingBoards(
            SlackOutlet(account.web_client(), channels, words, fetch_late=files.fetch_late),
            staff.boards,
            requesters.boards,
        )
        closing += [staff.boards.close, requesters.boards.close]
    limits = (
        Limits(settings.mail.letters_a_day, settings.mail.cases_a_day) if settings.mail else DEFAULT_LIMITS
    )
    desk = Desk(store, _Readers(readers), rules, own, clock, limits, means)
    poll = settings.imap.poll_seconds if settings.imap else 0.0
    ears = Ears(outlets, None if is_alone else store)
    does = _DOES[settings.role]
    return Bot(
        store,
        desk,
        ears,
        outlets if Role.WORKER in does else {},
        mailbox if Role.MAILBOX in does else None,
        poll,
        listener if Role.SLACK in does else None,
        Role.WORKER in does,
        not is_alone,
        lead,
        tuple(closing),
        make_watching(settings.http, engine, store, ears, lambda: rules.policy, clock),
        settings.mail.alarms if settings.mail else "",
    )


_DOES = {role: {role} for role in Role} | {Role.ALL: frozenset(Role)}


class _Readers:
    """Gives each arrival to the reader of its channel."""

    def __init__(self, by_channel: Mapping[Channel, Reader]) -> None:
        self._by_channel = by_channel

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        reader = self._by_channel.get(arrival.channel)
        if reader is None:
            raise Unreadable(f"It came by {arrival.channel}, and that is not set up any more.")
        return reader.read(arrival)
