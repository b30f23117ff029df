"""What a Slack message says: pure, within every limit of Slack, with nothing left unescaped."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from matchback.alerting.states import SEVERITIES, Kind

MAX_BLOCKS = 50
MAX_SECTION = 3_000
MAX_HEADER = 150
MAX_PAYLOAD = 10_000  # Slack refuses about 13,200 characters in all; undocumented
MAX_NAME = 120
MAX_ID = 60
MAX_LISTED = 4
MAX_LINK = 1_000
MAX_NAMED_CHECKS = 10
MAX_SECTIONS = 20

STATE_WORDS = {
    Kind.OPENED: "opened",
    Kind.WORSE: "worse",
    Kind.STILL_FAILING: "still failing",
    Kind.RESOLVED: "resolved",
}
ICONS = {
    Kind.OPENED: ":red_circle:",
    Kind.WORSE: ":red_circle:",
    Kind.STILL_FAILING: ":large_orange_circle:",
    Kind.RESOLVED: ":large_green_circle:",
}


@dataclass(frozen=True)
class Line:
    """One transition of one incident, as stored in the outbox; holds no value of a person."""

    kind: Kind
    incident_id: str
    severity: str
    check_id: str
    dimension: str
    owner: str = ""
    evidence: str = ""
    money_at_risk: str = ""
    since: str = ""
    lasted: str = ""
    effects: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Return the text the outbox keeps."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Line":
        """Read what `as_json` wrote."""
        stored = json.loads(text)
        tuples = {name: tuple(stored[name]) for name in ("effects", "dimensions")}
        return cls(**{**stored, "kind": Kind(stored["kind"]), **tuples})


@dataclass(frozen=True)
class Message:
    """One Slack message: `text` alone says it all where blocks are refused."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        """Return the webhook's body."""
        return {"text": self.text, "blocks": self.blocks, "unfurl_links": False}


def build_message(
    lines: Sequence[Line], report: str | None = None, warnings: Sequence[str] = ()
) -> Message:
    """Group the transitions of one run and channel, worst first.

    `report` is a URL or a path; `warnings` are the checks of the run that only warn.
    """
    ordered = sorted(lines, key=_worst_first)
    headline = _counts(ordered)
    text = f"{headline}: {_named_checks(ordered)}"
    blocks = [_header(f"matchback: {headline}")]
    footer = _footer(report, warnings)
    blocks += _sections(ordered, _size(Message(text, blocks + footer)))
    return Message(text, blocks + footer)


def clean(text: str, limit: int = MAX_NAME) -> str:
    """Return a foreign string as harmless Slack text of at most `limit` characters.

    No mention, link, format or hidden sign survives; a cut never falls inside an entity.
    """
    kept: list[str] = []
    room = limit - 1
    for sign in unicodedata.normalize("NFC", text):
        if sign.isspace():
            sign = " "
        elif unicodedata.category(sign).startswith("C"):
            continue  # control, direction, zero width, unassigned, lone surrogate
        escaped = _ESCAPES.get(sign, sign)
        room -= len(escaped)
        if room < 0:
            return "".join(kept) + "…"
        kept.append(escaped)
    return "".join(kept)


# Entities as Slack wants them, and look-alikes of the signs that its mrkdwn takes as formatting.
_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u02cb", "*": "\u2217", "~": "\u223c"
}  # fmt: skip


def _worst_first(line: Line) -> tuple[bool, int, float, int, str, str]:
    kinds = list(Kind)
    return (
        line.kind is Kind.RESOLVED,
        -SEVERITIES.index(line.severity),
        -_largest_amount(line.money_at_risk),
        kinds.index(line.kind),
        line.check_id,
        line.dimension,
    )


def _largest_amount(money_at_risk: str) -> float:
    """Return the first amount, which is the largest; currencies are not converted."""
    amount = re.match(r"[0-9,]{1,20}\.[0-9]{2}", money_at_risk)
    return float(amount[0].replace(",", "")) if amount else 0.0


def _counts(lines: Sequence[Line]) -> str:
    counted = [
        (sum(line.kind is kind for line in lines), word) for kind, word in STATE_WORDS.items()
    ]
    return ", ".join(f"{count} {word}" for count, word in counted if count)


def _named_checks(lines: Sequence[Line]) -> str:
    names = [line.check_id for line in lines]
    return _named(_unique([*names, *(effect for line in lines for effect in line.effects)]))


def _named(names: Sequence[str]) -> str:
    named = ", ".join(clean(name, MAX_ID) for name in names[:MAX_NAMED_CHECKS])
    more = len(names) - MAX_NAMED_CHECKS
    return f"{named} and {more} more" if more > 0 else named


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:MAX_HEADER]}}


def _sections(lines: Sequence[Line], used: int) -> list[dict[str, Any]]:
    """Return a section a line while they fit, then one that counts the rest."""
    sections: list[dict[str, Any]] = []
    room = MAX_PAYLOAD - used - _size_of(_section(_and_more(len(lines))))
    for line in lines[:MAX_SECTIONS]:
        section = _section(_sentence(line))
        room -= _size_of(section)
        if room < 0:
            break
        sections.append(section)
    left = len(lines) - len(sections)
    if left:
        sections.append(_section(_and_more(left)))
    return sections


def _section(text: str) -> dict[str, Any]:
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": text[:MAX_SECTION], "verbatim": True},
    }


def _and_more(count: int) -> str:
    return f"… and {count} more; see the report or `matchback alerts list`."


def _sentence(line: Line) -> str:
    where = "" if line.dimension == "all" else f" ({clean(line.dimension)})"
    state = STATE_WORDS[line.kind]
    if line.kind is not Kind.RESOLVED:
        state = f"{state}, {clean(line.severity)}"
    facts = [
        clean(line.evidence),
        f"{clean(line.money_at_risk)} at risk" if line.money_at_risk else "",
        f"owner {clean(line.owner)}" if line.owner else "",
        f"after {line.lasted}" if line.lasted else "",
        f"since {line.since}" if line.since else "",
        _listed("in", line.dimensions),
        _listed("explains", line.effects),
        f"incident {line.incident_id}",
    ]
    details = " · ".join(fact for fact in facts if fact)
    return f"{ICONS[line.kind]} *{clean(line.check_id, MAX_ID)}*{where}: {state}\n{details}"


def _listed(verb: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    named = "; ".join(clean(name, MAX_ID) for name in names[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    return f"{verb} {named}" + (f" and {more} more" if more > 0 else "")


def _footer(report: str | None, warnings: Sequence[str]) -> list[dict[str, Any]]:
    facts = []
    if warnings:
        facts.append(f"Only warning: {_named(_unique(warnings))}")
    if report:
        facts.append(_link(report))
    elements = [{"type": "mrkdwn", "text": fact, "verbatim": True} for fact in facts]
    return [{"type": "context", "elements": elements}] if elements else []


def _link(report: str) -> str:
    is_url = report.startswith(("http://", "https://")) and not set(report) & set("<>| \n\t")
    if is_url and len(report) < MAX_LINK:
        return f"<{report.replace('&', '&amp;')}|Open the report>"
    return f"Report: {clean(report, 200)}"


def _size(message: Message) -> int:
    return len(json.dumps(message.payload()))


def _size_of(block: dict[str, Any]) -> int:
    return len(json.dumps(block)) + len(", ")
