"""From the JSON of a form to its components, with everything that is wrong said at once."""

from collections.abc import Mapping
from typing import Any, Final

from desk.forms import limits
from desk.forms.fields import CONTAINERS, LEAVES
from desk.forms.fields.base import Component, Input
from desk.forms.fields.container import Components, DynamicList, Group
from desk.forms.problems import FormSchemaError, Problem
from desk.forms.schema import Reader
from desk.forms.tree import Shape, dotted

NEWEST_SCHEMA: Final = 19
_FORM_PROPERTIES: Final = frozenset(
    {
        "type", "id", "schemaVersion", "components", "exporter",
        "executionPlatform", "executionPlatformVersion", "versionTag",
    }
)  # fmt: skip


def build(schema: Any) -> tuple[Components, Shape]:
    """The components of a form, and what they may write. Raises FormSchemaError."""
    problems: list[Problem] = []
    if not isinstance(schema, Mapping) or schema.get("type") != "default":
        raise FormSchemaError(
            (
                Problem(
                    "",
                    "this is not a form-js form (type “default”)",
                    "这不是 form-js 表单（type 应为“default”）",
                ),
            )
        )
    for name in schema.keys() - _FORM_PROPERTIES:
        problems.append(
            Problem("", f"“{name}” is not a property of forms", f"表单不支持属性“{name}”")
        )
    version = schema.get("schemaVersion", 1)
    if not isinstance(version, int) or not 1 <= version <= NEWEST_SCHEMA:
        problems.append(
            Problem(
                "",
                f"schemaVersion {version!r} is not known (1 to {NEWEST_SCHEMA} are)",
                f"不支持的 schemaVersion：{version!r}（支持 1 到 {NEWEST_SCHEMA}）",
            )
        )
    builder = _Builder(problems)
    components = builder.components(schema.get("components"), "", 1)
    shape: Shape = {}
    if not problems:
        _claim(components, shape, (), problems)
    if problems:
        raise FormSchemaError(tuple(problems))
    return components, shape


class _Builder:
    """Counts components and remembers ids while the tree is built."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.ids: set[str] = set()
        self.count = 0

    def components(self, raw: Any, parent: str, depth: int) -> Components:
        if not isinstance(raw, list):
            self.problems.append(
                Problem(parent, "“components” must be a list", "“components”必须是列表")
            )
            return ()
        if depth > limits.DEPTH:
            self.problems.append(
                Problem(
                    parent,
                    f"groups are nested more than {limits.DEPTH} deep",
                    f"分组嵌套超过 {limits.DEPTH} 层",
                )
            )
            return ()
        built = (self.component(item, parent, number, depth) for number, item in enumerate(raw))
        return tuple(component for component in built if component is not None)

    def component(self, raw: Any, parent: str, number: int, depth: int) -> Component | None:
        self.count += 1
        if self.count > limits.COMPONENTS:
            if self.count == limits.COMPONENTS + 1:
                self.problems.append(
                    Problem(
                        "",
                        f"more than {limits.COMPONENTS} components",
                        f"组件超过 {limits.COMPONENTS} 个",
                    )
                )
            return None
        fallback = f"{parent or 'component'}_{number}"
        if not isinstance(raw, Mapping):
            self.problems.append(Problem(fallback, "this is not a component", "这不是组件"))
            return None
        given = raw.get("id")
        component_id = given if isinstance(given, str) and given else fallback
        kind = raw.get("type")
        reader = Reader(raw, component_id, self.problems)
        if component_id in self.ids:
            reader.fail("another component has the same id", "组件 id 重复")
        self.ids.add(component_id)
        component: Component
        if isinstance(kind, str) and kind in CONTAINERS:
            children = self.components(reader.take("components"), component_id, depth + 1)
            component = CONTAINERS[kind](reader, component_id, children)
        elif isinstance(kind, str) and kind in LEAVES:
            component = LEAVES[kind](reader, component_id)
        else:
            reader.fail(f"the component type “{kind}” is not supported", f"不支持组件类型“{kind}”")
            return None
        reader.finish()
        return component


def _claim(
    components: Components, shape: Shape, base: tuple[str, ...], problems: list[Problem]
) -> None:
    """Enter the data paths of inputs and lists into `shape`; no two may meet (form-js: claims)."""
    for component in components:
        if isinstance(component, Group):
            _claim(component.components, shape, (*base, *component.path), problems)
        elif isinstance(component, DynamicList):
            rows: Shape = {}
            _enter(shape, (*base, *component.path), [rows], component, problems)
            _claim(component.components, rows, (), problems)
        elif isinstance(component, Input):
            _enter(shape, (*base, *component.key), None, component, problems)


def _enter(
    shape: Shape, path: tuple[str, ...], leaf: Any, component: Component, problems: list[Problem]
) -> None:
    node: Any = shape
    for step in path[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            break
    if not isinstance(node, dict) or path[-1] in node:
        problems.append(
            Problem(
                component.id,
                f"the key “{dotted(path)}” is used by another component too",
                f"键“{dotted(path)}”已被其他组件使用",
            )
        )
        return
    node[path[-1]] = leaf
