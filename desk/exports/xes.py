"""XES (IEEE 1849-2023): one trace a process instance, one event a completed element.

Extensions: Concept (names), Time, Lifecycle (standard model: complete), Organizational (who), Identity (event ids).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO
from xml.sax.saxutils import quoteattr

from desk.exports.source import Case

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2023" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace">
    <string key="concept:name" value="unknown"/>
  </global>
  <global scope="event">
    <string key="concept:name" value="unknown"/>
    <string key="lifecycle:transition" value="complete"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
  <classifier name="Activity and who" keys="concept:name org:resource"/>
  <string key="concept:name" value="Lanedesk"/>
  <string key="lifecycle:model" value="standard"/>
"""
TAIL = "</log>\n"


def head() -> bytes:
    """What stands before the first trace."""
    return HEAD.encode()


def tail() -> bytes:
    """What stands after the last trace."""
    return TAIL.encode()


class Texts:
    """Attribute values, quoted; the same few texts come again and again."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[text] = quoteattr(allowed(text))
        return found


def allowed(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\t\n\r" or c >= " " and c not in "\ufffe\uffff")


def write_cases(out: IO[bytes], cases: Iterable[Case], quoted: Texts) -> None:
    """Write the traces of some cases."""
    for case in cases:
        out.write(trace(case, quoted).encode())


def trace(case: Case, quoted: Texts) -> str:
    """One trace, as text."""
    parts = [
        "  <trace>\n",
        f'    <string key="concept:name" value="{case.id}"/>\n',
        f'    <string key="lanedesk:process" value={quoted(case.process)}/>\n',
        f'    <int key="lanedesk:version" value="{case.version}"/>\n',
        f'    <string key="lanedesk:status" value={quoted(case.status)}/>\n',
        f'    <date key="lanedesk:started" value="{stamp(case.started_at)}"/>\n',
    ]
    if case.ended_at is not None:
        parts.append(f'    <date key="lanedesk:ended" value="{stamp(case.ended_at)}"/>\n')
    if case.ticket is not None:
        parts.append(f'    <string key="lanedesk:ticket" value={quoted(case.ticket)}/>\n')
    if case.priority is not None:
        parts.append(f'    <string key="lanedesk:priority" value={quoted(case.priority)}/>\n')
    last, at = None, ""
    for event in case.events:
        if event.at is not last:
            last, at = event.at, stamp(event.at)
        who = (
            f'      <string key="org:resource" value={quoted(event.resource)}/>\n'
            if event.resource
            else ""
        )
        parts.append(
            "    <event>\n"
            f'      <string key="concept:name" value={quoted(event.name)}/>\n'
            '      <string key="lifecycle:transition" value="complete"/>\n'
            f'      <date key="time:timestamp" value="{at}"/>\n'
            f"{who}"
            f'      <string key="lanedesk:element" value={quoted(event.element)}/>\n'
            f'      <int key="lanedesk:seq" value="{event.seq}"/>\n'
            "    </event>\n"
        )
    parts.append("  </trace>\n")
    return "".join(parts)


def stamp(at: datetime) -> str:
    """A time as XES has it: ISO 8601 with the zone."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
