"""The typed errors of FEEL: what is wrong, where, and what was expected, in English and Chinese."""


class FeelError(Exception):
    """Base of everything this library raises on purpose.

    `message` is `{"en": ..., "zh": ...}`; `str(error)` is the English text.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.message: dict[str, str] = {"en": en, "zh": zh}


class FeelSyntaxError(FeelError):
    """The text is not FEEL. `line` and `column` count from 1; `expected` names what would fit."""

    def __init__(
        self, line: int, column: int, expected: str, en: str, zh: str, *, found: str = ""
    ) -> None:
        super().__init__(f"line {line}, column {column}: {en}", f"第 {line} 行第 {column} 列：{zh}")
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found


class FeelBudgetError(FeelError):
    """An evaluation was stopped. `kind` is `steps`, `size` or `depth`."""

    def __init__(self, kind: str, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.kind = kind


def steps_exceeded(limit: int) -> FeelBudgetError:
    return FeelBudgetError(
        "steps",
        f"the expression takes more than {limit} steps",
        f"表达式的运算步数超过了 {limit} 步",
    )


def size_exceeded(limit: int) -> FeelBudgetError:
    return FeelBudgetError(
        "size",
        f"the expression makes a value larger than {limit} items or characters",
        f"表达式产生的值超过了 {limit} 个元素或字符",
    )


def depth_exceeded() -> FeelBudgetError:
    return FeelBudgetError(
        "depth",
        "the expression calls itself, or is nested, too deeply",
        "表达式的嵌套或递归层数过深",
    )
