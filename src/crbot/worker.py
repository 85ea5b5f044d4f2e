"""The running program: its alarm clock, the mailbox watch, the Slack connection. The only reader of the clock.

What is done at each alarm is the use cases' in `crbot.intake`; with which adapters, `wiring`'s. The alarms only wake
the legs: due times and waiting messages stand in the database, so nothing is lost when an alarm is.
"""

from __future__ import annotations

import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from crbot.cases.respond import Notice
from crbot.channels.mail.mailbox import Mailbox, MailboxAway
from crbot.channels.metrics import Metrics
from crbot.channels.slack.watch import Watch
from crbot.config import LogFormat, LogSettings
from crbot.intake import brake
from crbot.intake.alarms import LINE, alarm, over
from crbot.intake.due import send_due
from crbot.intake.ears import Ears
from crbot.intake.incoming import Thought, think
from crbot.intake.ports import Arrival
from crbot.intake.reminding import follow_up
from crbot.intake.weekly import tell_week
from crbot.triage.message import Channel
from crbot.wiring import Bot

log: structlog.stdlib.BoundLogger = structlog.get_logger("crbot")

_TICK = 1.0  # seconds between two looks at what is waiting, when nothing wakes the leg before
_SHARED_TICK = 0.4  # … where another program keeps what comes, and nothing wakes us
_FOLLOW_UP = 20.0  # … and between two looks at what is to be followed up
_RULES = 3.0  # … and between two looks for other rules
_HEARTBEAT = 60.0
_LEAD = 2.0  # between two words that we lead: four times as often as the database waits for one
_STEP = timedelta(seconds=2)  # a wall clock that moved by more than this against the steady one was set
_LONGEST_PAUSE = 300.0  # seconds between two tries to reach a server that is away


def now() -> datetime:
    return datetime.now(UTC)


def _steady() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the computer sleeps where there is such a one."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def start_log(settings: LogSettings) -> None:
    """Log lines to standard error: for people, or as JSON for programs. They name cases, never anybody's words."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("apscheduler", "slack_bolt", "slack_sdk", "imapclient"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # what they tell is told below, in our words
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.format is LogFormat.TEXT:
        renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=30)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level.lower()),
        logger_factory=structlog.PrintLoggerFactory(_standard_error()),
        cache_logger_on_first_use=True,
    )


def _standard_error() -> Any:
    return sys.stderr


# The three legs, each until nothing is left


def keep_mail(bot: Bot, mailbox: Mailbox) -> None:
    """Keep what is new in the mailbox. Raises `MailboxAway`."""
    began = now()
    for arrivals in mailbox.arrivals(began, bot.store.unknown):
        log.info("mail kept", new=bot.store.keep(arrivals))
    bot.ears.hear(Channel.EMAIL, began)


def move_mail(bot: Bot, mailbox: Mailbox) -> None:
    """Move what is worked on, out of the folder that is read. Raises `MailboxAway`."""
    settled = bot.store.settled(Channel.EMAIL)
    if not settled:
        return
    # Only now, after the commit: a crash before it must leave the mail where it is found again.
    mailbox.move_trouble(each.key for each in settled if each.is_in_trouble)
    mailbox.move_done(each.key for each in settled if not each.is_in_trouble)
    bot.store.acknowledge([each.key for each in settled])


def think_all(bot: Bot) -> int:
    """Work on everything that is kept; returns how many arrivals that were."""
    done = 0
    while (thought := think(bot.desk)) is not None:
        done += 1
        _tell(thought, bot.watching.metrics)
    return done


def _tell(thought: Thought, metrics: Metrics) -> None:
    if thought.trouble and thought.did == "set aside":
        metrics.aside.inc()
        log.warning("message set aside", inbox=thought.inbox_id, reason=thought.trouble)
        return
    decision = thought.decision
    if decision is not None:
        metrics.messages.labels(decision.kind.value, decision.disposition.value).inc()
    log.info(
        f"message {thought.did}",
        inbox=thought.inbox_id,
        case=thought.case,
        kind=decision.kind.value if decision else None,
        disposition=decision.disposition.value if decision else None,
        queue=decision.queue.value if decision and decision.queue else None,
    )


def send_all(bot: Bot, channel: Channel) -> int:
    """Send everything that is due by one channel; returns how many rows that were."""
    outlet = bot.outlets.get(channel)
    if outlet is None:
        return 0
    done = 0
    while sent := send_due(bot.store, channel, outlet, now, bot.alarms):
        done += len(sent)
        for each in sent:
            bot.watching.metrics.sent.labels(channel.value, each.did).inc()
            if each.did == "alarm":
                log.error("broken, until a person mends it", key=each.key, reason=each.trouble)
            elif each.trouble:
                log.warning("not sent", key=each.key, did=each.did, reason=each.trouble)
            else:
                log.info("sent", key=each.key, did=each.did)
    return done


def follow_up_all(bot: Bot) -> int:
    """Do everything that is to be followed up, and tell the week where it is time; returns how many steps that were."""
    done = 0
    while followed := follow_up(bot.desk, bot.ears):
        done += len(followed)
        for each in followed:
            what = f"{each.follow_up.purpose}, step {each.follow_up.step}"
            bot.watching.metrics.followed_up.labels(each.follow_up.purpose.value, each.did).inc()
            log.info("followed up", case=each.follow_up.case, what=what, did=each.did, why=each.why)
    if tell_week(bot.desk):
        log.info("the week is told")
    return done


def wake_up(bot: Bot) -> None:
    """What comes before all else: is this the database and the time that we know, and do other rules plan?"""
    moment = now()
    brake.check_at_start(bot.store, moment)
    beat(bot)
    look_at_rules(bot)
    if (pulled := bot.store.brake()) is not None:
        log.warning("paused: nothing goes out by itself", since=pulled.at.isoformat(), reason=pulled.reason)


def look_at_rules(bot: Bot) -> None:
    """Take over rules and letters that were published or changed, and tell staff of it."""
    for each in (*bot.rules.look(now()), *bot.shadow.look(now())):
        if bot.store.post(each.notice, each.name, now()):
            log.warning(each.notice.title, what=each.notice.text)
    if planned := bot.store.replan(bot.rules.rulebook.policy.version.sha256, now()):
        log.info("follow-ups planned anew", cases=planned)


def beat(bot: Bot) -> None:
    """Note that we run."""
    try:
        bot.store.heartbeat(now())
    except OSError as error:
        log.error("the file beside the database cannot be written", reason=error.strerror)


def run_once(bot: Bot) -> None:
    """Handle what is waiting, and end: for cron and for tests. Raises `MailboxAway`."""
    # Slack is not listened to here: who wrote there last is not reminded.
    bot = replace(bot, ears=Ears({Channel.EMAIL} & bot.outlets.keys()))
    wake_up(bot)
    if bot.mailbox is not None:
        keep_mail(bot, bot.mailbox)
    think_all(bot)
    while bot.shadow.compare(now()):
        pass
    follow_up_all(bot)
    for channel in bot.outlets:
        send_all(bot, channel)
    if bot.mailbox is not None:
        move_mail(bot, bot.mailbox)


class Worker:
    """The bot as a running program: threads that only wake one another, with the database between them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._stopping = threading.Event()
        self._mailbox_wanted = threading.Event()  # mail to move, or the end: the mailbox is to wait no longer
        self._leads = False  # the mailbox is ours to read
        self._clock = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(8)
            },  # as many as there are alarms: none waits for another
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._mail_thread = threading.Thread(target=self._watch_mailbox, name="mailbox", daemon=True)
        self._listener = bot.listener(self.keep, now, log.info)
        self._health = bot.watching.health
        self._pages = bot.watching.serve(self._is_alive) if bot.watching.serve else None
        self._watch = Watch(self._listener, self._alarm, self._over) if self._listener is not None else None

    def start(self) -> None:
        """Start everything; servers that are away are waited for. Raises `CannotListen` before anything runs."""
        if self._pages is not None:
            self._pages.start()
        self._expect()
        wake_up(self._bot)
        if self._listener is not None:
            self._listener.start()
        if self._bot.works:
            self._every("think", self._think, _SHARED_TICK if self._bot.is_shared else _TICK)
            self._every("follow up", self._follow_up, _FOLLOW_UP)
        for channel in self._bot.outlets:
            self._every(f"send {channel.value}", self._sender(channel), _TICK)
        self._every("rules", self._look_at_rules, _RULES)
        self._every("heartbeat", self._beat, _HEARTBEAT)
        if self._watch is not None:
            self._every("watch", self._look_at_slack, _TICK)
            if not self._bot.works:
                self._every("hear Slack", self._hear_slack, _FOLLOW_UP)
        if self._bot.mailbox is not None:
            self._lead()
            self._every("lead", self._lead, _LEAD)
            self._mail_thread.start()
        self._clock.start()
        log.info("ready", channels=[channel.value for channel in self._bot.outlets])

    def keep(self, arrival: Arrival) -> None:
        """Keep one arrival, and wake the thinking. Returns only after the commit."""
        self._bot.store.keep((arrival,))
        self._wake("think")

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; what is at hand is finished first."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._on_signal)
        signal.signal(signal.SIGHUP, self._on_hangup)
        self.start()
        self._guard_the_clock()
        self.stop()

    def stop(self) -> None:
        """Finish the legs at hand and stop."""
        self._stopping.set()
        self._mailbox_wanted.set()
        if self._listener is not None:
            self._listener.stop()
        self._clock.shutdown(wait=True)
        if self._mail_thread.is_alive():
            self._mail_thread.join(timeout=5)
        if self._pages is not None:
            self._pages.stop()
        self._bot.close()
        log.info("stopped")

    def _is_alive(self) -> bool:
        """The alarms ring, and the mailbox is watched."""
        return self._clock.running and (self._bot.mailbox is None or self._mail_thread.is_alive())

    def _expect(self) -> None:
        """Nothing counts as working before it was seen to work."""
        for part in (
            "database",
            *(["mailbox"] if self._bot.mailbox else []),
            *(["slack"] if self._listener else []),
        ):
            self._health.ill(part, "not tried yet", now())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _on_hangup(self, number: int, frame: FrameType | None) -> None:
        """Look for other rules and letters at once, as services are asked to; they are looked for anyway."""
        self._wake("rules")

    def _every(self, name: str, leg: Callable[[], None], seconds: float) -> None:
        self._clock.add_job(leg, "interval", seconds=seconds, id=name, next_run_time=now())

    def _wake(self, name: str) -> None:
        is_ours = self._clock.running and self._clock.get_job(name) is not None
        if is_ours and not self._stopping.is_set():
            self._clock.modify_job(name, next_run_time=now())

    def _guard_the_clock(self) -> None:
        """Wait for the end; and when the wall clock is set back, start the alarms anew, or they sleep as long."""
        offset = time.time() - _steady()
        while not self._stopping.wait(0.5):
            drift = time.time() - _steady() - offset
            if abs(drift) > _STEP.total_seconds():
                log.warning("the clock was set", seconds=round(drift))
                offset += drift
                self._check_jump(timedelta(seconds=drift))
                for job in self._clock.get_jobs():
                    self._wake(job.id)

    def _check_jump(self, jump: timedelta) -> None:
        with self._in_trouble_again_later():
            if brake.check_jump(self._bot.store, jump, now()):
                log.warning(
                    "paused: nothing goes out by itself", reason="the clock was set by more than a day"
                )

    def _think(self) -> None:
        with self._in_trouble_again_later():
            if think_all(self._bot):
                self._wake_senders()
                self._mailbox_wanted.set()

    def _follow_up(self) -> None:
        self._hear_slack()
        with self._in_trouble_again_later():
            if follow_up_all(self._bot):
                self._wake_senders()

    def _hear_slack(self) -> None:
        if self._listener is not None and self._listener.is_connected():
            with self._in_trouble_again_later():
                self._bot.ears.hear(Channel.SLACK, now())

    def _lead(self) -> None:
        """Take the mailbox where nobody reads it, and say that we do where we read it."""
        led, self._leads = self._leads, self._bot.lead.is_ours()
        if self._leads and not led:
            log.info("the mailbox is ours to read")
        if led and not self._leads:
            log.warning("another program reads the mailbox from now on")
        if led != self._leads:
            self._mailbox_wanted.set()

    def _beat(self) -> None:
        with self._in_trouble_again_later():
            beat(self._bot)

    def _look_at_rules(self) -> None:
        with self._in_trouble_again_later():
            look_at_rules(self._bot)
            self._bot.shadow.compare(now())

    def _look_at_slack(self) -> None:
        assert self._watch is not None and self._listener is not None  # noqa: PT018  (one thing)
        if self._listener.is_connected():
            self._health.well("slack", now())
        else:
            self._fell_ill("slack", self._listener.trouble or "not connected")
        with self._in_trouble_again_later():
            self._watch.look(now())

    def _fell_ill(self, part: str, why: str) -> None:
        if self._health.ill(part, why, now()):
            self._bot.watching.metrics.troubles.labels(part).inc()

    def _alarm(self, notice: Notice) -> None:
        log.error(notice.title, what=notice.text)
        alarm(self._bot.store, notice, now(), LINE, self._bot.alarms)

    def _over(self, notice: Notice | None) -> None:
        over(self._bot.store, LINE, now(), self._bot.alarms)
        if notice is not None:
            log.info(notice.title, what=notice.text)
            alarm(self._bot.store, notice, now(), LINE)

    def _sender(self, channel: Channel) -> Callable[[], None]:
        def send() -> None:
            with self._in_trouble_again_later():
                send_all(self._bot, channel)

        return send

    def _wake_senders(self) -> None:
        for channel in self._bot.outlets:
            self._wake(f"send {channel.value}")

    @contextmanager
    def _in_trouble_again_later(self) -> Iterator[None]:
        try:
            yield
            self._health.well("database", now())
        except self._bot.store.failures as error:
            self._fell_ill("database", type(error).__name__)
            log.error("the database is in trouble, tried again at the next tick", error=type(error).__name__)

    def _watch_mailbox(self) -> None:
        assert self._bot.mailbox is not None
        failures = 0
        while not self._stopping.is_set():
            if not self._leads:
                self._health.well("mailbox", now())  # another program reads it
                self._bot.mailbox.close()
                self._mailbox_wanted.wait(_TICK)
                self._mailbox_wanted.clear()
                continue
            try:
                self._look_at(self._bot.mailbox)
                failures = 0
            except MailboxAway as away:
                failures += 1
                pause = _pause(failures)
                self._fell_ill("mailbox", str(away))
                log.warning("the mailbox cannot be reached", reason=str(away), again_in_seconds=round(pause))
                self._stopping.wait(pause)
            except self._bot.store.failures as error:
                self._fell_ill("database", type(error).__name__)
                log.error("the database is in trouble", error=type(error).__name__)
                self._stopping.wait(_TICK)

    def _look_at(self, mailbox: Mailbox) -> None:
        """Keep what is new, move what is worked on, and wait until there is more of either."""
        self._mailbox_wanted.clear()
        keep_mail(self._bot, mailbox)
        self._health.well("mailbox", now())
        self._wake("think")
        move_mail(self._bot, mailbox)
        if not self._stopping.is_set():
            mailbox.wait(self._bot.poll_seconds, self._mailbox_wanted)


def _pause(failures: int) -> float:
    """Seconds before the next try: doubled each time, a little random, so that many bots do not come at once."""
    return min(2.0**failures, _LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
