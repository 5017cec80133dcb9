"""FEEL text to syntax tree: a Pratt parser over the grammar of DMN 1.5 §10.3.1.2.

Where the grammar needs the names in scope (`KnownNames`) the longest known name wins. Words that stand
beside each other and are no known name are read as one name with spaces (`first name = "Ann"`), as two
operands beside each other mean nothing else.
"""

from collections.abc import Callable

from engine.feel import syntax
from engine.feel.errors import FeelSyntaxError
from engine.feel.hints import hint
from engine.feel.lexer import (
    AT,
    END,
    NAME,
    NUMBER,
    OP,
    STRING,
    Token,
    position,
    tokens_of,
    unescape,
)
from engine.feel.names import KnownNames, joined
from engine.feel.numbers import parse_number
from engine.feel.temporal_text import parse_temporal

MAX_TEXT = 32_000
MAX_NESTING = 100
MAX_NUMBER = 6_200

# Binding powers, weakest first (DMN 1.5 §10.3.1.2, precedence of rule 2). `instance of` binds as the
# comparisons but closer, so that `a + b instance of number` asks about the sum.
_OR, _AND, _COMPARE, _INSTANCE, _ADD, _MULTIPLY, _POWER, _PREFIX, _POSTFIX = range(1, 10)
_INFIX = {
    "or": _OR, "and": _AND, "=": _COMPARE, "!=": _COMPARE, "<": _COMPARE, "<=": _COMPARE,
    ">": _COMPARE, ">=": _COMPARE, "between": _COMPARE, "in": _COMPARE, "instance": _INSTANCE,
    "+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER, ".": _POSTFIX,
    "[": _POSTFIX, "(": _POSTFIX,
}  # fmt: skip
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_STOPS = frozenset(
    {"and", "or", "between", "in", "instance", "then", "else", "return", "satisfies", "external"}
)
_RESERVED = _STOPS | {"if", "for", "some", "every", "function", "true", "false", "null", "not"}
_NAME_SYMBOLS = frozenset("+-*/.'’") | {"**"}
_AFTER_OPEN_RANGE = frozenset({",", ")", "]", "}", ".", "=", "!=", "<", "<=", ">", ">="})
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser:
    """One text, parsed once."""

    def __init__(self, text: str, names: KnownNames) -> None:
        if len(text) > MAX_TEXT:
            raise FeelSyntaxError(
                1, 1, "", f"the expression is longer than {MAX_TEXT} characters",
                f"表达式超过了 {MAX_TEXT} 个字符",
            )  # fmt: skip
        self.text = text
        self.tokens = tokens_of(text)
        self.names = KnownNames(parent=names)
        self.declared = names
        self.index = 0
        self.nesting = 0

    # --- entries -----------------------------------------------------------------------------

    def expression_only(self) -> syntax.Node:
        node = self.expression()
        if self.token.kind != END:
            raise self.unexpected("an operator or the end", "运算符或结尾")
        return node

    def unary_tests_only(self) -> syntax.UnaryTests:
        if self.token.text == "-" and self.tokens[1].kind == END:
            return syntax.UnaryTests(0, (), False)
        negated = self.is_not_of_all()
        if negated:
            self.index += 2
        tests = self.tests()
        if negated:
            self.take(")")
        if self.token.kind != END:
            raise self.unexpected('"," or the end', "“,”或结尾")
        return syntax.UnaryTests(0, tests, negated)

    def is_not_of_all(self) -> bool:
        """Whether the whole text is `not( ... )`."""
        if self.token.text != "not" or self.tokens[1].text != "(":
            return False
        depth = 0
        for index, token in enumerate(self.tokens):
            if token.kind == OP and token.text in "([{":
                depth += 1
            elif token.kind == OP and token.text in ")]}":
                depth -= 1
                if depth == 0:
                    return self.tokens[index + 1].kind == END
        return False

    def tests(self) -> tuple[syntax.Node, ...]:
        tests = [self.test()]
        while self.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> syntax.Node:
        token = self.token
        if token.kind == OP and token.text in _COMPARISONS:
            self.index += 1
            return syntax.UnaryRange(token.start, token.text, self.expression(_ADD))
        return self.expression()

    # --- tokens ------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at_op(self, text: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == OP and token.text == text

    def at_word(self, text: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == NAME and token.text == text

    def accept(self, text: str) -> bool:
        if self.at_op(text):
            self.index += 1
            return True
        return False

    def take(self, text: str) -> None:
        if not self.accept(text):
            raise self.unexpected(f'"{text}"', f"“{text}”")

    def take_word(self, text: str) -> None:
        if not self.at_word(text):
            raise self.unexpected(f'"{text}"', f"“{text}”")
        self.index += 1

    def unexpected(self, expected: str, zh: str, token: Token | None = None) -> FeelSyntaxError:
        token = token or self.token
        line, column = position(self.text, token.start)
        found = token.text[:40]
        en_found, zh_found = (f'"{found}"', f"“{found}”") if found else ("the end", "结尾")
        advice = hint(self.text, token.start)
        more_en, more_zh = ("", "") if advice is None else (f" ({advice[0]})", f"（{advice[1]}）")
        return FeelSyntaxError(
            line,
            column,
            expected,
            f"expected {expected}, found {en_found}{more_en}",
            f"此处应为{zh}，而不是{zh_found}{more_zh}",
            found=found,
        )

    # --- expressions -------------------------------------------------------------------------

    def expression(self, weakest: int = 0) -> syntax.Node:
        """Parse operators that bind at least as strongly as `weakest`."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            line, column = position(self.text, self.token.start)
            raise FeelSyntaxError(
                line, column, "", "the expression is nested too deeply", "表达式嵌套过深"
            )
        node = self.operators(self.prefix(), weakest)
        self.nesting -= 1
        return node

    def operators(self, node: syntax.Node, weakest: int) -> syntax.Node:
        """Carry on after an operand, with all operators that bind at least as `weakest`."""
        while True:
            token = self.token
            if token.kind != OP and token.kind != NAME:
                return node
            power = _INFIX.get(token.text, 0)
            if not power or power < weakest:
                return node
            infix = self.infix(token, power, node)
            if infix is None:
                return node
            node = infix

    def infix(self, token: Token, power: int, left: syntax.Node) -> syntax.Node | None:
        """The node for `left token ...`, or None when the token ends the expression after all."""
        text = token.text
        if text == "[" and self.closes_open_range():
            return None
        self.index += 1
        if power in (_ADD, _MULTIPLY, _POWER):
            return syntax.Arithmetic(token.start, text, left, self.expression(power + 1))
        if power in (_OR, _AND):
            return self.logic(text, power, left)
        if text in _COMPARISONS:
            return syntax.Comparison(token.start, text, left, self.expression(power + 1))
        return self._infixes[text](self, token, left)

    def logic(self, operator: str, power: int, left: syntax.Node) -> syntax.Node:
        operands = [left, self.expression(power + 1)]
        while self.at_word(operator):
            self.index += 1
            operands.append(self.expression(power + 1))
        return syntax.Logic(left.at, operator, tuple(operands))

    def between(self, token: Token, left: syntax.Node) -> syntax.Node:
        low = self.expression(_INSTANCE)
        self.take_word("and")
        return syntax.Between(token.start, left, low, self.expression(_INSTANCE))

    def is_in(self, token: Token, left: syntax.Node) -> syntax.Node:
        """`in` one test, or `in (test, test, ...)` (rules 49c and 51c)."""
        if not self.at_op("("):
            if self.token.kind == OP and self.token.text in _COMPARISONS:
                return syntax.In(token.start, left, (self.test(),))
            return syntax.In(token.start, left, (self.expression(_INSTANCE),))
        opening = self.token
        self.index += 1
        outer, self._open_ranges = self._open_ranges, 0
        tests = self.tests()
        self._open_ranges = outer
        if len(tests) > 1:
            self.take(")")
            return syntax.In(token.start, left, tests)
        if self.accept(".."):
            operand = self.range_end(opening, tests[0], included=False)
        else:
            self.take(")")
            operand = tests[0]
        return syntax.In(token.start, left, (self.operators(operand, _INSTANCE),))

    def instance_of(self, token: Token, left: syntax.Node) -> syntax.Node:
        self.take_word("of")
        return syntax.InstanceOf(token.start, left, self.type())

    def path(self, token: Token, left: syntax.Node) -> syntax.Node:
        return syntax.Path(token.start, left, self.name(after_dot=True))

    def filter(self, token: Token, left: syntax.Node) -> syntax.Node:
        condition = self.expression()
        self.take("]")
        return syntax.Filter(token.start, left, condition)

    def call(self, token: Token, left: syntax.Node) -> syntax.Node:
        if self.accept(")"):
            return syntax.Call(token.start, left, (), None)
        names: list[str] = []
        arguments: list[syntax.Node] = []
        named = self.key_before_colon() is not None
        while True:
            if named:
                key = self.key_before_colon()
                if key is None:
                    raise self.unexpected("a parameter name", "参数名")
                self.index += key[1] + 1
                names.append(key[0])
            arguments.append(self.argument())
            if not self.accept(","):
                break
        self.take(")")
        return syntax.Call(token.start, left, tuple(arguments), tuple(names) if named else None)

    def argument(self) -> syntax.Node:
        if self.token.kind == OP and self.token.text in _COMPARISONS:
            return self.test()
        return self.expression()

    _infixes: dict[str, Callable[["Parser", Token, syntax.Node], syntax.Node]] = {
        "between": between,
        "in": is_in,
        "instance": instance_of,
        ".": path,
        "[": filter,
        "(": call,
    }

    def closes_open_range(self) -> bool:
        """Whether this `[` ends a range such as `]1..3[` instead of beginning a filter."""
        if not self._open_ranges:
            return False
        after = self.tokens[self.index + 1]
        return (
            after.kind == END
            or (after.kind == OP and after.text in _AFTER_OPEN_RANGE)
            or (after.kind == NAME and after.text in _STOPS)
        )

    _open_ranges = 0

    # --- what an expression begins with -------------------------------------------------------

    def prefix(self) -> syntax.Node:
        token = self.token
        if token.kind == NAME:
            return self.word(token)
        if token.kind == NUMBER:
            return self.number(token)
        if token.kind == STRING:
            self.index += 1
            return syntax.Literal(token.start, unescape(token.text))
        if token.kind == AT:
            self.index += 1
            return syntax.Literal(token.start, parse_temporal(unescape(token.text[1:])))
        if token.kind == OP:
            if token.text == "-":
                self.index += 1
                return syntax.Negation(token.start, self.expression(_PREFIX))
            if token.text == "(":
                return self.parenthesis(token)
            if token.text == "[" or token.text == "]":
                return self.bracket(token)
            if token.text == "{":
                return self.context(token)
        raise self.unexpected("a value", "一个值")

    def number(self, token: Token) -> syntax.Node:
        self.index += 1
        value = parse_number(token.text) if len(token.text) <= MAX_NUMBER else None
        if value is None:
            raise self.unexpected("a number of at most 34 digits", "不超过 34 位的数字", token)
        return syntax.Literal(token.start, value)

    def word(self, token: Token) -> syntax.Node:
        if self.names.longest(self.tokens, self.index) is None:
            if token.text in _CONSTANTS:
                self.index += 1
                return syntax.Literal(token.start, _CONSTANTS[token.text])
            construct = self._constructs.get(token.text)
            if construct is not None and not self.is_plain_name(token.text):
                self.index += 1
                return construct(self, token)
            if token.text in _STOPS:
                raise self.unexpected("a value", "一个值")
        return syntax.Name(token.start, self.name())

    def is_plain_name(self, word: str) -> bool:
        """Whether `if`, `for`, `some`, `every`, `function` is a variable here."""
        after = self.tokens[self.index + 1]
        if word == "function":
            return after.text != "("
        return after.kind == END or (after.kind == OP and after.text not in "([{-")

    def conditional(self, token: Token) -> syntax.Node:
        condition = self.expression()
        self.take_word("then")
        then = self.expression()
        self.take_word("else")
        return syntax.If(token.start, condition, then, self.expression())

    def loop(self, token: Token) -> syntax.Node:
        iterations = self.iterations()
        self.names.add("partial")
        self.take_word("return")
        return syntax.For(token.start, iterations, self.expression())

    def quantified(self, token: Token) -> syntax.Node:
        iterations = self.iterations()
        self.take_word("satisfies")
        return syntax.Quantified(token.start, token.text, iterations, self.expression())

    def iterations(self) -> tuple[syntax.Iteration, ...]:
        found = []
        while True:
            start = self.token.start
            name = self.new_name("in")
            self.take_word("in")
            domain = self.expression()
            end = self.expression() if self.accept("..") else None
            self.names.add(name)
            found.append(syntax.Iteration(start, name, domain, end))
            if not self.accept(","):
                return tuple(found)

    def function(self, token: Token) -> syntax.Node:
        self.take("(")
        parameters: list[tuple[str, syntax.TypeName | None]] = []
        while not self.accept(")"):
            if parameters:
                self.take(",")
            name = self.new_name()
            self.names.add(name)
            parameters.append((name, self.type() if self.accept(":") else None))
        external = self.at_word("external")
        if external:
            self.index += 1
        return syntax.FunctionLiteral(token.start, tuple(parameters), self.expression(), external)

    _constructs: dict[str, Callable[["Parser", Token], syntax.Node]] = {
        "if": conditional,
        "for": loop,
        "some": quantified,
        "every": quantified,
        "function": function,
    }

    def parenthesis(self, token: Token) -> syntax.Node:
        self.index += 1
        if self.token.kind == OP and self.token.text in _COMPARISONS:
            test = self.test()
            self.take(")")
            return test
        node = self.nested()
        if self.accept(".."):
            return self.range_end(token, node, included=False)
        self.take(")")
        return node

    def nested(self) -> syntax.Node:
        """An expression inside brackets, where no open range is under way."""
        outer, self._open_ranges = self._open_ranges, 0
        node = self.expression()
        self._open_ranges = outer
        return node

    def bracket(self, token: Token) -> syntax.Node:
        """A list, or a range that begins with `[` or `]` (rule 66 and 8)."""
        self.index += 1
        if token.text == "[" and self.accept("]"):
            return syntax.ListLiteral(token.start, ())
        first = self.list_item()
        if self.accept(".."):
            return self.range_end(token, first, included=token.text == "[")
        if token.text == "]":
            raise self.unexpected('".."', "“..”")
        items = [first]
        while self.accept(","):
            items.append(self.list_item())
        self.take("]")
        return syntax.ListLiteral(token.start, tuple(items))

    def list_item(self) -> syntax.Node:
        outer, self._open_ranges = self._open_ranges, 0
        item = self.test()
        self._open_ranges = outer
        return item

    def range_end(self, token: Token, start: syntax.Node, *, included: bool) -> syntax.Node:
        outer, self._open_ranges = self._open_ranges, 1
        end = self.expression()
        self._open_ranges = outer
        closing = self.token
        if closing.kind != OP or closing.text not in (")", "]", "["):
            raise self.unexpected('"]" or ")"', "“]”或“)”")
        self.index += 1
        return syntax.RangeLiteral(token.start, start, end, included, closing.text == "]")

    def context(self, token: Token) -> syntax.Node:
        self.index += 1
        entries: list[tuple[str, syntax.Node]] = []
        while not self.accept("}"):
            if entries:
                self.take(",")
            if self.token.kind == STRING:
                key = unescape(self.token.text)
                self.index += 1
                self.take(":")
            else:
                found = self.key_before_colon()
                if found is None:
                    raise self.unexpected('a name and ":"', "名称和“:”")
                key = found[0]
                self.index += found[1] + 1
            value = self.nested()
            self.names.add(key)
            entries.append((key, value))
        return syntax.ContextLiteral(token.start, tuple(entries))

    # --- names and types -----------------------------------------------------------------------

    def key_before_colon(self) -> tuple[str, int] | None:
        """(name, number of tokens) when a name and then `:` come next."""
        end = self.index
        while True:
            token = self.tokens[end]
            if token.kind == OP and token.text == ":":
                break
            symbol = token.text in _NAME_SYMBOLS and end > self.index
            if token.kind != NAME and not symbol and (token.kind != NUMBER or end == self.index):
                return None
            end += 1
        if end == self.index:
            return None
        return joined(self.text, self.tokens[self.index : end]), end - self.index

    def new_name(self, stop: str = "") -> str:
        """A name that is being declared: words up to `stop`, `:`, `,` or `)`."""
        end = self.index
        while True:
            token = self.tokens[end]
            word = token.kind == NAME and token.text != stop
            symbol = token.text in _NAME_SYMBOLS or token.kind == NUMBER
            if not word and not (symbol and end > self.index):
                break
            end += 1
        if end == self.index or self.token.text in _RESERVED - {"not"}:
            raise self.unexpected("a name", "一个名称")
        name = joined(self.text, self.tokens[self.index : end])
        self.index = end
        return name

    def name(self, *, after_dot: bool = False) -> str:
        """The name that stands here: the longest known one, or the words that stand together."""
        known = self.names.longest(self.tokens, self.index)
        if known is not None:
            self.index += known[1]
            return known[0]
        first = self.token
        if first.kind != NAME:
            raise self.unexpected("a name", "一个名称")
        self.index += 1
        if not after_dot and self.declared.has(first.text):
            return first.text
        end = self.index
        while self.continues_name(self.tokens[end]):
            end += 1
        name = joined(self.text, self.tokens[self.index - 1 : end])
        self.index = end
        return name

    @staticmethod
    def continues_name(token: Token) -> bool:
        """A word or a whole number beside a word is part of the same name (`level 2`)."""
        if token.kind == NUMBER:
            return token.text.isdigit()
        return token.kind == NAME and token.text not in _STOPS

    def type(self) -> syntax.TypeName:
        """Rules 70 to 73: a name, `list<t>`, `range<t>`, `context<k: t>`, `function<t> -> t`."""
        start = self.token
        if start.kind != NAME:
            raise self.unexpected("a type", "一种类型")
        if self.tokens[self.index + 1].text == "<" and start.text in (
            "list", "range", "context", "function",
        ):  # fmt: skip
            return self.parametric_type(start.text)
        known = self.names.longest(self.tokens, self.index)
        if known is not None:
            self.index += known[1]
            return syntax.TypeName(known[0])
        end = self.index + 1
        while self.tokens[end].kind == NAME and self.tokens[end].text not in _STOPS:
            end += 1
        while self.tokens[end].text == "." and self.tokens[end + 1].kind == NAME:
            end += 2
        name = joined(self.text, self.tokens[self.index : end])
        self.index = end
        return syntax.TypeName(name)

    def parametric_type(self, name: str) -> syntax.TypeName:
        self.index += 2
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.unexpected("a simpler type", "更简单的类型")
        arguments: list[syntax.TypeName] = []
        fields: list[tuple[str, syntax.TypeName]] = []
        while not self.accept(">"):
            if arguments or fields:
                self.take(",")
            if name == "context":
                field = self.new_name()
                self.take(":")
                fields.append((field, self.type()))
            else:
                arguments.append(self.type())
        result = None
        if name == "function":
            self.take("->")
            result = self.type()
        self.nesting -= 1
        return syntax.TypeName(name, tuple(arguments), tuple(fields), result)
