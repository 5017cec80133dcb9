"""How large a form and what is sent to it may be."""

from typing import Final

COMPONENTS: Final = 500
DEPTH: Final = 8
OPTIONS: Final = 1000
"""Options a page shows of one field; what a source offers beyond that is not offered."""
ROWS: Final = 100
"""Rows of one dynamic list."""
ROWS_IN_ALL: Final = 500
"""Rows of all dynamic lists of one submission, nested ones included."""
FILES: Final = 20
"""Files in one field. Their size is the storage's concern."""
TEXT_LINE: Final = 1_000
"""Characters of a textfield without its own maxLength."""
TEXT_AREA: Final = 20_000
"""Characters of a textarea without its own maxLength."""
PATTERN_TEXT: Final = 256
"""Characters tested against a pattern when the field has no smaller maxLength."""
JSON_DEPTH: Final = 32
"""Objects and lists inside one another in what a program sends."""
DIGITS: Final = 40
"""Characters of a number."""
