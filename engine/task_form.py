"""A form as one human task shows it: some of its fields hidden, others to be read only. Many tasks share one form."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import HumanWork


def shown(schema: Mapping[str, Any], work: HumanWork) -> dict[str, Any]:
    """The form-js schema without what the task hides, read only where it says so; the given one stays as it is."""
    components = _shown(schema.get("components"), "", work, fixed=False)
    return {**schema, "components": components}


def field_names(container: Mapping[str, Any], base: str = "") -> Iterator[str]:
    """Where a form-js form writes: keys of fields, paths of lists; groups with a path lead deeper."""
    for name, component in _named(container.get("components"), base):
        if component.get("type") == "group":
            yield from field_names(component, name)
        elif name != base:
            yield name


def _named(components: Any, base: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Components with where each writes; what writes nothing has the place that it stands in."""
    for component in components if isinstance(components, list) else ():
        if isinstance(component, dict):
            listed = component.get("type") in ("group", "dynamiclist")
            step = component.get("path" if listed else "key")
            steps = [base, step] if isinstance(step, str) else [base]
            yield ".".join(filter(None, steps)), component


def _shown(components: Any, base: str, work: HumanWork, *, fixed: bool) -> list[Any]:
    kept = []
    for name, component in _named(components, base):
        own = name != base
        if own and name in work.hidden:
            continue
        found = dict(component)
        locked = fixed or (own and name in work.readonly)
        if "components" in found:
            found["components"] = _shown(found["components"], name, work, fixed=locked)
            if locked and found.get("type") == "dynamiclist":
                found["allowAddRemove"] = False
        elif locked and "key" in found:
            found["readonly"] = True
        kept.append(found)
    return kept
