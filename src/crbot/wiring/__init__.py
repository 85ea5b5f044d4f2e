"""The only place that knows which adapter is used.

It makes the parts from the settings and hands them to one another; what they do is theirs.
"""

from crbot.wiring.bot import Bot, make_bot
from crbot.wiring.database import (
    back_up_database,
    check_database,
    find_agency,
    open_database,
    open_registers,
    restore_database,
    upgrade_database,
)
from crbot.wiring.folders import load_letters, load_policy, load_rules
from crbot.wiring.mail import make_mailbox, new_mail
from crbot.wiring.messages import Triaged, as_json, decide_lines, triage_mails
from crbot.wiring.records import ExportForm, export_case, open_disposals
from crbot.wiring.replay import replay
from crbot.wiring.rulesets import checked, name_of, open_rulesets, rules_again, rules_in_force, rules_of
from crbot.wiring.shadow import shadow_report
from crbot.wiring.signing import sign, signatures, unsigned_changes
from crbot.wiring.slack import Listener, slack_manifest
from crbot.wiring.staff import means_of, proposals, terminal_action, why_refused
from crbot.wiring.starter import write_starter

__all__ = [
    "Bot",
    "ExportForm",
    "Listener",
    "Triaged",
    "as_json",
    "back_up_database",
    "check_database",
    "checked",
    "decide_lines",
    "export_case",
    "find_agency",
    "load_letters",
    "load_policy",
    "load_rules",
    "make_bot",
    "make_mailbox",
    "means_of",
    "name_of",
    "new_mail",
    "open_database",
    "open_disposals",
    "open_registers",
    "open_rulesets",
    "proposals",
    "replay",
    "restore_database",
    "rules_again",
    "rules_in_force",
    "rules_of",
    "shadow_report",
    "sign",
    "signatures",
    "slack_manifest",
    "terminal_action",
    "triage_mails",
    "unsigned_changes",
    "upgrade_database",
    "why_refused",
    "write_starter",
]
