"""The tables. What is done with them is `store`'s; how an older database becomes this one, `migrations`'.

Due times are columns and so are claims: nothing that must not be forgotten lives in memory.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Since 1970 UTC, exactly: by way of a float, one moment in some would come back as another."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as microseconds since 1970 UTC: sorts and compares the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in INTEGER

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("channel", String(16), nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("identity", Text, nullable=False),  # Message-ID as found
    Column("sha256", String(64), nullable=False),
    Column(
        "content", String(64), nullable=False
    ),  # hash of what a second delivery would not change; "" unknown
    Column("raw", LargeBinary, nullable=False),
    Column("excerpt", Boolean, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", String(8), nullable=False),  # kept, done, held, aside, same
    Column("attempts", Integer, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("case_number", String(16)),
    Column("decision", JSON(none_as_null=True)),
    Column("reason", Text, nullable=False),
    Column("sender", Text, nullable=False),  # `Person.key`; "" before it is read
    Column(
        "likeness", String(64), nullable=False
    ),  # hash of the words without their digits; "" before it is read
    Column("thought_at", Moment),
    Column("token", String(32), nullable=False, server_default=""),  # of the program that thinks about it
    Column("next_at", Moment, nullable=False, server_default="0"),  # another may take it from this moment on
    Index(
        "ix_inbox_waiting", "id", sqlite_where=text("state = 'kept'"), postgresql_where=text("state = 'kept'")
    ),
    Index(
        "ix_inbox_unacknowledged",
        "channel",
        sqlite_where=text("acknowledged = 0"),
        postgresql_where=text("NOT acknowledged"),
    ),
    Index(
        "ix_inbox_aside", "id", sqlite_where=text("state = 'aside'"), postgresql_where=text("state = 'aside'")
    ),
    Index("ix_inbox_sha256", "sha256"),
    Index("ix_inbox_content", "content"),
    Index("ix_inbox_identity", "identity"),
    Index("ix_inbox_sender_thought_at", "sender", "thought_at"),
)

cases = Table(
    "cases",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("disposition", String(32), nullable=False),
    Column("owner", Text),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),  # the whole `Case`
    Column("kin", Text, nullable=False),  # what cases of the same agency share; "" where it is not known
    UniqueConstraint("year", "counter"),
    Index("ix_cases_kin", "kin"),
    Index("ix_cases_standing", "stage", "queue", "owner", "opened_at"),
)

identities = Table(
    "identities",
    metadata,
    Column("identity", Text, primary_key=True),  # Message-ID, or Slack's "<channel>:<ts>"
    Column("case_number", String(16), ForeignKey("cases.number"), nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("case_number", String(16), ForeignKey("cases.number"), primary_key=True),
    Column("place", String(32), primary_key=True),
    Column("identity", Text, nullable=False),  # Slack's "<channel>:<ts>"
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("via", String(16), nullable=False),  # the channel it leaves by
    Column("kind", String(16), nullable=False),  # letter, drawing, notice, whisper
    Column("case_number", String(16)),
    Column("recipient", Text, nullable=False),  # of a letter: where it goes, folded; else ""
    Column("made_at", Moment),
    Column("body", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # ready, sending, sent, failed
    Column("next_at", Moment, nullable=False),  # may be taken from this moment on
    Column("token", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("identity", Text, nullable=False),  # what the other side calls it
    Column("sent_at", Moment),
    Column("reason", Text, nullable=False),
    Column("followup_id", _Id),  # of a letter that nobody asked for: the follow-up that it does
    Column("good_until", Moment),  # … and when it is to be looked at again, if it is not sent by then
    Column("lost", Integer, nullable=False, server_default="0"),  # claims that ended without a word
    Index("ix_outbox_identity", "identity"),
    Index(
        "ix_outbox_failed",
        "id",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    Index(
        "ix_outbox_by_itself",
        "case_number",
        sqlite_where=text("state = 'ready' AND followup_id IS NOT NULL"),
        postgresql_where=text("state = 'ready' AND followup_id IS NOT NULL"),
    ),
    Index("ix_outbox_recipient_made_at", "recipient", "made_at"),
    Index(
        "ix_outbox_due",
        "via",
        "next_at",
        sqlite_where=text("state IN ('ready', 'sending')"),
        postgresql_where=text("state IN ('ready', 'sending')"),
    ),
)

followups = Table(
    "followups",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("case_number", String(16), ForeignKey("cases.number"), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("step", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("is_letter", Boolean, nullable=False),  # to the agency; else to staff
    Column("due_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),  # may be taken from this moment on
    Column("state", String(8), nullable=False),  # open, done, passed, dropped, aside
    Column("token", String(32), nullable=False),
    Column("done_at", Moment),
    Column("reason", Text, nullable=False),  # why it was moved or dropped
    Column("lost", Integer, nullable=False, server_default="0"),  # claims that ended without a word
    UniqueConstraint("case_number", "purpose", "step", "event", name="uq_followups_case_number"),
    Index(
        "ix_followups_due",
        "is_letter",
        "next_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

# What is known of the whole: whether the brake is pulled, when the program last ran, which week had its digest.
marks = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("case_number", String(16), nullable=False),  # "" for what belongs to no case
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", String(64), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("salt", String(32), nullable=False),  # "" where the words of the line are gone
    Column("words", String(64), nullable=False),  # hash of `by`, `detail` and the salt
    Column("hash", String(64), nullable=False),  # over this line and the hash of the case's line before it
    Column("whole", String(64), nullable=False),  # … and of the line before it of all
    Index("ix_record_case_number_id", "case_number", "id"),
)

registers = Table(
    "registers",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),  # which of the public lists; the newest of each counts
    Column("made_at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("body", JSON, nullable=False),  # the agencies
    Index("ix_registers_source_id", "source", "id"),
)

# Keeping and disposing

holds = Table(
    "holds",
    metadata,
    Column("case_number", String(16), primary_key=True),
    Column(
        "is_held", Boolean, nullable=False
    ),  # False: a person let it go, whatever the rules hold by themselves
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

disposals = Table(
    "disposals",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", JSON, nullable=False),  # the cases and messages that it names
    Column("confirmed_by", Text),
    Column("confirmed_at", Moment),
)

# What is left of a case that was disposed of, beside the lines of its record without their words.
stubs = Table(
    "stubs",
    metadata,
    Column("case_number", String(16), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("disposed_at", Moment, nullable=False),
    Column("disposal_id", _Id, ForeignKey("disposals.id"), nullable=False),
)

# The rules of every day: each folder that was in force or was tried, and which of them counted from when on.
ruleset_files = Table(
    "ruleset_files",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the text
    Column("body", LargeBinary, nullable=False),  # UTF-8, deflated
)

rulesets = Table(
    "rulesets",
    metadata,
    Column("sha256", String(64), primary_key=True),  # as `RulesVersion` has it
    Column("version", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("files", JSON, nullable=False),  # name -> SHA-256 of its text; many rulesets share a file
)

publications = Table(
    "publications",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("role", String(8), nullable=False),  # live, shadow
    Column("sha256", String(64), ForeignKey("rulesets.sha256")),  # none: the folder counts; of a shadow: off
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_publications_role_id", "role", "id"),
)

# What a draft that runs beside the rules in force made of the messages.
comparisons = Table(
    "comparisons",
    metadata,
    Column("draft", String(64), ForeignKey("rulesets.sha256"), primary_key=True),
    Column("inbox_id", _Id, ForeignKey("inbox.id"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("decision", JSON(none_as_null=True)),  # none: the same as was decided, or trouble
    Column("trouble", Text, nullable=False),  # why the draft decided nothing; "" where it did
)
