"""Item definitions as FEEL types (DMN 1.5 §7.3.2, §7.3.3)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.dmn.errors import Problem
from engine.dmn.model import ItemDefinition
from engine.feel.errors import FeelSyntaxError
from engine.feel.expression import UnaryTests, compile_unary_tests
from engine.feel.runtime import Run
from engine.feel.types import (
    ANY,
    BUILT_IN_TYPES,
    ConstrainedType,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    NamedType,
)


class Types:
    """The named types of one model, with those of its imports under their prefixes."""

    def __init__(
        self,
        items: Iterable[ItemDefinition],
        imported: Mapping[str, FeelType],
        report: Callable[[Problem], None],
    ) -> None:
        self.report = report
        self.named: dict[str, FeelType] = dict(imported)
        mine = list(items)
        own = {item.name: NamedType(item.name) for item in mine}
        self.named.update(own)
        for item in mine:
            own[item.name].target = self._type(item)

    def find(self, reference: str) -> FeelType | None:
        """The type of a typeRef, None for none, for Any and for one that is not known.

        References of DMN 1.1 carry a prefix of the FEEL namespace, as in `feel:string`.
        """
        if not reference:
            return None
        found = self.named.get(reference) or BUILT_IN_TYPES.get(reference)
        if found is None and ":" in reference:
            return self.find(reference.partition(":")[2])
        return None if found is ANY else found

    def _type(self, item: ItemDefinition) -> FeelType:
        if item.function is not None:
            parameters, result = item.function
            return FunctionType(
                tuple(self.find(one.type) or ANY for one in parameters), self.find(result) or ANY
            )
        if item.components:
            kind: FeelType = ContextType(
                tuple((one.name, self._type(one)) for one in item.components)
            )
        else:
            kind = self._base(item)
        kind = self._constrained(kind, item.values, item)
        if item.collection:
            kind = ListType(kind)
        return self._constrained(kind, item.constraint, item)

    def _base(self, item: ItemDefinition) -> FeelType:
        found = self.find(item.base)
        if found is not None:
            return found
        if item.base and item.base.rpartition(":")[2] != "Any":
            self.report(
                Problem(
                    item.name,
                    "typeRef",
                    {
                        "en": f'there is no type "{item.base}"',
                        "zh": f"没有名为“{item.base}”的类型",
                    },
                )
            )
        return ANY

    def _constrained(self, kind: FeelType, written: str, item: ItemDefinition) -> FeelType:
        if not written:
            return kind
        try:
            tests = compile_unary_tests(written)
        except FeelSyntaxError as error:
            self.report(Problem(item.name, "allowedValues", error.message))
            return kind
        return ConstrainedType(kind, allows(tests))


def allows(tests: UnaryTests) -> Callable[[Any, Run], bool]:
    """Unary tests as a question about one value. Null is never asked about."""
    return lambda value, run: tests.run(value, {}, run) is True
