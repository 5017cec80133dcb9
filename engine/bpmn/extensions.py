"""Reads our extension elements (namespace `LANEDESK`, listed in docs/architecture.md) and names by language."""

from engine.bpmn.document import BPMN, Element
from engine.bpmn.model import Assignment, Call, HumanWork, Outcome, Words

LANEDESK = "urn:lanedesk:bpmn:1.0"
NS = {"b": BPMN, "l": LANEDESK}


def text_of(element: Element | None) -> str | None:
    """The text in an element, None where there is none."""
    if element is None:
        return None
    text = "".join(element.itertext()).strip()
    return text or None


def extension(element: Element, name: str) -> Element | None:
    """The first extension element of that name."""
    return next(iter(extensions(element, name)), None)


def extensions(element: Element, name: str) -> list[Element]:
    """All extension elements of that name."""
    return list(element.iterfind(f"b:extensionElements/l:{name}", NS))


def words_of(element: Element) -> Words:
    """An element's name in the languages it is given in."""
    name = element.get("name") or element.get("id") or ""
    words = {"zh": name, "en": name}
    for text in extensions(element, "text"):
        if text.get("lang"):
            words[text.get("lang")] = text.get("name") or text_of(text) or name
    return words


def assignments_of(element: Element, name: str) -> tuple[Assignment, ...]:
    """The `assign`, `input` or `output` elements."""
    return tuple(
        Assignment(e.get("name") or "", e.get("value") or "") for e in extensions(element, name)
    )


def call_of(element: Element) -> Call | None:
    """The operator that an activity calls."""
    operator = extension(element, "operator")
    if operator is None:
        return None
    retries = operator.get("retries")
    return Call(
        operator.get("name") or "",
        tuple(
            Assignment(p.get("name") or "", p.get("value") or "")
            for p in operator.iterfind("l:param", NS)
        ),
        operator.get("result"),
        int(retries) if retries and retries.isdigit() else None,
        operator.get("backoff"),
    )


def human_work_of(element: Element) -> HumanWork:
    """Who does a user task, how and by when."""
    work = extension(element, "humanTask")
    if work is None:
        return HumanWork()
    outcomes = []
    for outcome in work.iterfind("l:outcome", NS):
        zh = outcome.get("name") or outcome.get("id") or ""
        words = {"zh": zh, "en": outcome.get("name-en") or zh}
        style = outcome.get("style") or "default"
        outcomes.append(
            Outcome(outcome.get("id") or "", words, style, _needs(outcome.get("needs")))
        )
    return HumanWork(
        work.get("form"), work.get("subject"), work.get("assignee"), work.get("candidates"),
        work.get("excluded"), work.get("due"), work.get("followUp"), work.get("priority"), tuple(outcomes),
        _names(work.get("readonly")), _names(work.get("hidden")),
    )  # fmt: skip


def _names(text: str | None) -> frozenset[str]:
    """`amount, reason` as a set."""
    return frozenset(name.strip() for name in (text or "").split(",") if name.strip())


def _needs(text: str | None) -> tuple[tuple[str, ...], ...] | None:
    """`solution, team|person` as (("solution",), ("team", "person"))."""
    if text is None:
        return None
    groups = (tuple(k.strip() for k in part.split("|") if k.strip()) for part in text.split(","))
    return tuple(group for group in groups if group)
