"""What is wrong with a form's schema, said to the implementer who deploys it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault of a schema. `component` is the form-js component's id, "" for the form itself."""

    component: str
    en: str
    zh: str


class FormSchemaError(ValueError):
    """The schema cannot be rendered as drawn; `problems` lists every reason, at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.component or 'form'}: {p.en}" for p in problems))

    @property
    def component_id(self) -> str:
        """The component of the first problem."""
        return self.problems[0].component

    @property
    def message(self) -> dict[str, str]:
        """All problems as one text, {"en": …, "zh": …}."""
        return {
            "en": "; ".join(f"{p.component or 'form'}: {p.en}" for p in self.problems),
            "zh": "；".join(f"{p.component or '表单'}：{p.zh}" for p in self.problems),
        }
