"""Two versions of a form field by field, and of scenarios one by one."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from designer_api.compare.changes import Change
from designer_api.compare.order import merged, moved
from engine.bpmn.reading import UnreadableDiagram
from engine.bundles import read_form
from engine.scenarios import read_scenarios

INSIDE = " › "  # between a group and what is in it
_SILENT = {"id", "components", "layout"}


def compare_forms(left: bytes, right: bytes) -> tuple[list[Change], list[dict[str, Any]]]:
    """The differences, and all fields of both as designer_api.compare.schemas.DiffFieldSchema has them.

    Fields are the same when their key is, else when their id is. Raises UnreadableDiagram.
    """
    old, new = read_form(left), read_form(right)
    changes = list(_differ("form", "form", _title(new), old, new))
    after = dict(_fields(new))
    before = _as_called(dict(_fields(old)), after)
    elsewhere = moved(list(before), list(after))
    drawn: list[dict[str, Any]] = []
    for key in merged(list(before), list(after)):
        was, now = before.get(key), after.get(key)
        told: list[Change] = []
        if was is None:
            changes.append(Change("added", key, "field", _label(now or {})))
        elif now is None:
            changes.append(Change("removed", key, "field", _label(was)))
        else:
            told = list(_differ(key, "field", _label(now), was, now))
            changes += told
            if key in elsewhere:
                changes.append(Change("moved", key, "field", _label(now)))
        drawn.append(
            {
                "old": _alone(was),
                "new": _alone(now),
                "level": key.count(INSIDE),
                "moved": key in elsewhere,
                "changed": [change.fact for change in told],
            }
        )
    return changes, drawn


def compare_scenarios(left: bytes, right: bytes) -> list[Change]:
    """Scenarios are the same when their name is. Raises UnreadableDiagram."""
    before, after = _scenarios(left), _scenarios(right)
    changes = []
    for key, scenario in after.items():
        if key not in before:
            changes.append(Change("added", key, "scenario", {"en": key, "zh": key}))
        elif before[key] != scenario:
            changes.append(
                Change(
                    "changed",
                    key,
                    "scenario",
                    {"en": key, "zh": key},
                    "steps",
                    _yaml(before[key]),
                    _yaml(scenario),
                )  # fmt: skip
            )
    changes += [
        Change("removed", key, "scenario", {"en": key, "zh": key})
        for key in before
        if key not in after
    ]
    return changes


def _fields(form: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field with its key; one inside a group has the group's before its own."""
    components = form.get("components")
    for number, field in enumerate(components if isinstance(components, list) else []):
        if not isinstance(field, dict):
            continue
        key = f"{prefix}{field.get('key') or field.get('path') or field.get('id') or number}"
        yield key, field
        yield from _fields(field, f"{key}{INSIDE}")


def _as_called(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The old fields under the keys of the new ones: who has kept the id has only got another key."""
    known = {field.get("id"): key for key, field in after.items() if key not in before}
    return {
        key if key in after else known.get(field.get("id") or object(), key): field
        for key, field in before.items()
    }


def _alone(field: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A field without those inside it."""
    return None if field is None else {k: v for k, v in field.items() if k != "components"}


def _label(field: Mapping[str, Any]) -> dict[str, str]:
    label = str(
        field.get("label") or field.get("key") or field.get("text") or field.get("type") or ""
    )
    more = field.get("properties")
    english = more.get("label:en") if isinstance(more, dict) else None
    return {"zh": label[:80], "en": str(english or label)[:80]}


def _title(form: Mapping[str, Any]) -> dict[str, str]:
    title = str(form.get("title") or form.get("id") or "")
    return {"zh": title, "en": title}


def _differ(
    key: str, kind: str, names: dict[str, str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name in _SILENT or old.get(name) == new.get(name):
            continue
        was, now = old.get(name), new.get(name)
        if isinstance(was or now, dict):
            was, now = was or {}, now or {}
            for inner in dict.fromkeys([*was, *now]):
                if was.get(inner) != now.get(inner):
                    yield Change(
                        "changed",
                        key,
                        kind,
                        names,
                        f"{name}.{inner}",
                        was.get(inner),
                        now.get(inner),
                    )
        else:
            yield Change("changed", key, kind, names, name, was, now)


def _scenarios(content: bytes) -> dict[str, Any]:
    try:
        scenarios = read_scenarios(content)
    except ValueError as error:
        raise UnreadableDiagram(
            f"The scenarios cannot be read: {error}", f"场景文件无法读取：{error}"
        ) from error
    found: dict[str, Any] = {}
    for number, scenario in enumerate(scenarios, 1):
        name = scenario.get("name")
        key = (
            str(name.get("zh") or name.get("en")) if isinstance(name, dict) else str(name or number)
        )
        found[key] = scenario
    return found


def _yaml(value: Any) -> str:
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    return text
