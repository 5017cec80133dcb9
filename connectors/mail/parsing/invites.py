"""A calendar invite (RFC 5545) in a few lines of text, for a mail that has no other words."""

import re

_UNFOLD = re.compile(r"\n[ \t]")
_LINE = re.compile(r"([A-Z-]{1,40})((?:;[^:\n]{0,500})?):([^\n]*)")
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "DESCRIPTION")
_ESCAPE = re.compile(r"\\([nN,;\\])")


def invite_text(calendar: str) -> str:
    """Summary, times, place, organiser and description of the first event; empty if none."""
    unfolded = _UNFOLD.sub("", calendar)
    start = unfolded.find("BEGIN:VEVENT")
    if start < 0:
        start = unfolded.find("BEGIN:VTODO")
    if start < 0:
        return ""
    values: dict[str, str] = {}
    for match in _LINE.finditer(unfolded, start):
        name, parameters, value = match.groups()
        if name == "END" and value.strip() in ("VEVENT", "VTODO"):
            break
        if name in _SHOWN and name not in values:
            values[name] = _value(name, parameters, value)
    return "\n".join(values[name] for name in _SHOWN if values.get(name))


def _value(name: str, parameters: str, value: str) -> str:
    text = _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()
    if name == "ORGANIZER":
        common = re.search(r";CN=\"?([^\";:]+)", parameters)
        address = re.sub(r"(?i)^mailto:", "", text)
        return f"{common[1]} <{address}>" if common else address
    if name in ("DTSTART", "DTEND"):
        zone = re.search(r"TZID=\"?([^\";:]+)", parameters)
        digits = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", text)
        if digits is None:
            return text
        day = f"{digits[1]}-{digits[2]}-{digits[3]}"
        clock = f" {digits[4]}:{digits[5]}" if digits[4] else ""
        return day + clock + (" UTC" if digits[7] else f" ({zone[1]})" if zone else "")
    return text
