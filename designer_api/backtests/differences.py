"""What a draft does otherwise than what ran: where the way parts, which rule matches, what comes out, what is done."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from designer_api.backtests.replay import Played

Words = dict[str, str]


@dataclass(frozen=True)
class Difference:
    """One thing that would have come out differently. `kind` is path, rule, output, effect, wait or error."""

    kind: str
    element: str
    old: Any
    new: Any

    def words(self, names: dict[str, Words]) -> Words:
        """As a sentence; `names` are those of elements."""
        name = names.get(self.element) or {"en": self.element, "zh": self.element}
        old = _shown(self.old, names)
        new = _shown(self.new, names)
        match self.kind:
            case "path":
                return {
                    "en": f"Went on to {old['en']}; the draft goes on to {new['en']}.",
                    "zh": f"当时走向{old['zh']}；按草稿走向{new['zh']}。",
                }
            case "rule":
                return {
                    "en": f"{name['en']}: rule {old['en']} matched; in the draft rule {new['en']}.",
                    "zh": f"{name['zh']}：当时命中规则 {old['zh']}；按草稿命中规则 {new['zh']}。",
                }
            case "output":
                if isinstance(self.old, dict) and isinstance(self.new, dict):
                    return _entries(self.old, self.new, name)
                return {
                    "en": f"{name['en']}: the result was {old['en']}; in the draft {new['en']}.",
                    "zh": f"{name['zh']}：当时结果为 {old['zh']}；按草稿为 {new['zh']}。",
                }
            case "effect":
                if self.old and self.new and self.old["operator"] == self.new["operator"]:
                    return _entries(self.old["parameters"], self.new["parameters"], name)
                return {
                    "en": f"{name['en']}: did {old['en']}; the draft does {new['en']}.",
                    "zh": f"{name['zh']}：当时执行 {old['zh']}；按草稿执行 {new['zh']}。",
                }
            case "wait":
                return {
                    "en": f"Stands at {old['en']}; with the draft at {new['en']}.",
                    "zh": f"现停留在{old['zh']}；按草稿停留在{new['zh']}。",
                }
        return {
            "en": f"{name['en']}: the draft cannot go on: {self.new}",
            "zh": f"{name['zh']}：按草稿无法继续：{self.new}",
        }


def _entries(old: dict[str, Any], new: dict[str, Any], name: Words) -> Words:
    """Of contexts only the entries that differ, inner ones by their path."""
    old, new = dict(_leaves(old)), dict(_leaves(new))
    keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
    shown = [(key, _shown(old.get(key), {}), _shown(new.get(key), {})) for key in keys]
    return {
        "en": f"{name['en']}: "
        + "; ".join(f"{k} was {was['en']}, in the draft {now['en']}" for k, was, now in shown)
        + ".",
        "zh": f"{name['zh']}："
        + "；".join(f"{k} 当时为 {was['zh']}，按草稿为 {now['zh']}" for k, was, now in shown)
        + "。",
    }


def _leaves(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _leaves(inner, f"{path}{key}.")
        else:
            yield f"{path}{key}", inner


def differences(before: Played, after: Played) -> list[Difference]:
    """The first difference of each kind, between the same instance played on its own version and on the draft."""
    found: list[Difference] = []
    if after.error is not None and before.error is None:
        found.append(Difference("error", after.error[0], None, after.error[1]))
    found += _decided(before, after)
    path = _first(before.path, after.path)
    if path is not None:
        index, old, new = path
        at = new or old or (before.path[index - 1] if index else "")
        found.append(Difference("path", at, old, new))
    effects = _first(before.effects, after.effects)
    if effects is not None and path is None:
        _, did, does = effects
        element = (does or did or ("", "", {}))[0]
        found.append(Difference("effect", element, _effect(did), _effect(does)))
    if before.standing != after.standing and path is None and after.error is None:
        element = (after.standing or before.standing)[0]
        found.append(Difference("wait", element, before.standing, after.standing))
    return found


def decided_otherwise(key: str, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """How two explanations of one decision differ."""
    found = []
    if _matched(before) != _matched(after):
        found.append(Difference("rule", key, _rules(before), _rules(after)))
    if before.get("decisions", {}).get(key) != after.get("decisions", {}).get(key):
        old, new = before.get("decisions", {}).get(key), after.get("decisions", {}).get(key)
        found.append(Difference("output", key, old, new))
    return found


def numbered_rules(explanation: dict[str, Any]) -> list[tuple[str, str, int]]:
    """(decision, rule id, its number in the table) of every rule that matched."""
    return [
        (table["decision"], rule["id"] or str(rule["number"]), rule["number"])
        for table in explanation.get("tables", [])
        for rule in table["rules"]
    ]


def _matched(explanation: dict[str, Any]) -> list[tuple[str, str]]:
    return [(decision, rule) for decision, rule, _ in numbered_rules(explanation)]


def _rules(explanation: dict[str, Any]) -> list[int]:
    return [rule["number"] for table in explanation.get("tables", []) for rule in table["rules"]]


def _decided(before: Played, after: Played) -> list[Difference]:
    """The first decision that came out otherwise, asked at the same element the same time round."""
    rounds: dict[str, list[dict[str, Any]]] = {}
    for element, data in before.decisions:
        rounds.setdefault(element, []).append(data)
    for element, data in after.decisions:
        earlier = rounds.get(element)
        if not earlier:
            continue
        old = earlier.pop(0)
        found = []
        if _matched(old) != _matched(data):
            found.append(Difference("rule", element, _rules(old), _rules(data)))
        if _results(old) != _results(data):
            found.append(Difference("output", element, _results(old), _results(data)))
        if found:
            return found
    return []


def _results(explanation: dict[str, Any]) -> Any:
    """What was decided last: the decision that was asked, after those it needs."""
    decided = explanation.get("decisions", {})
    return list(decided.values())[-1] if decided else None


def _first(before: list[Any], after: list[Any]) -> tuple[int, Any, Any] | None:
    for index in range(max(len(before), len(after))):
        old = before[index] if index < len(before) else None
        new = after[index] if index < len(after) else None
        if old != new:
            return index, old, new
    return None


def _effect(call: tuple[str, str, dict[str, Any]] | None) -> Any:
    return None if call is None else {"operator": call[1], "parameters": call[2]}


def _shown(value: Any, names: dict[str, Words]) -> Words:
    if value is None or value == []:
        return {"en": "nothing", "zh": "无"}
    if isinstance(value, list):
        parts = [_shown(item, names) for item in value]
        return {
            "en": ", ".join(p["en"] for p in parts),
            "zh": "、".join(p["zh"] for p in parts),
        }
    if isinstance(value, str) and value in names:
        return {"en": f"“{names[value]['en']}”", "zh": f"“{names[value]['zh']}”"}
    if isinstance(value, dict) and "operator" in value:
        return {"en": str(value["operator"]), "zh": str(value["operator"])}
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return {"en": plain, "zh": plain}
