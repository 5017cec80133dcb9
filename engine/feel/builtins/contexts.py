"""Functions on contexts (DMN 1.5 §10.3.4.10)."""

from collections.abc import Mapping
from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.runtime import Run
from engine.feel.values import Context, entries, entry

built_ins = BuiltIns()
_MISSING = object()


@built_ins.add("get value", "m: context, key: string")
def get_value(m: Mapping[str, Any], key: str) -> Any:
    return entry(m, key)


@built_ins.add("get entries", "m: context")
def get_entries(run: Run, m: Mapping[str, Any]) -> list[Context]:
    run.spend(len(m))
    return [Context(key=key, value=value) for key, value in entries(m).items()]


@built_ins.add("context", "entries: list")
def context(run: Run, items: list[Any]) -> Context | None:
    """A context of `{key:, value:}` items; null for a key twice, or an item without either."""
    run.spend(len(items))
    made = Context()
    for item in items:
        if not isinstance(item, Mapping) or "value" not in item:
            return None
        key = entry(item, "key")
        if key.__class__ is not str or key in made:
            return None
        made[key] = entry(item, "value")
    return made


@built_ins.add("context put", "context: context, key: string, value: any")
def context_put(run: Run, m: Mapping[str, Any], key: str, value: Any) -> Context:
    run.spend(len(m))
    return Context({**entries(m), key: value})


@built_ins.add("context put", "context: context, keys: list, value: any")
def context_put_nested(
    run: Run, m: Mapping[str, Any], keys: list[Any], value: Any
) -> Context | None:
    """Replace the entry at the end of a path of keys; null where the path leaves the contexts."""
    if not keys or keys[0].__class__ is not str:
        return None
    if len(keys) == 1:
        return context_put(run, m, keys[0], value)
    inner = entry(m, keys[0])
    if not isinstance(inner, Mapping):
        return None
    changed = context_put_nested(run, inner, keys[1:], value)
    return None if changed is None else context_put(run, m, keys[0], changed)


@built_ins.add("context merge", "contexts: list")
def context_merge(run: Run, contexts: list[Any]) -> Context | None:
    """Later contexts win."""
    merged = Context()
    for one in contexts:
        if not isinstance(one, Mapping):
            return None
        run.spend(len(one) + 1)
        merged.update(entries(one))
    return merged
