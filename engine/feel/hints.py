"""What people mean who write another language's signs, or full-width ones, in FEEL."""

_SIGNS: tuple[tuple[str, str, str], ...] = (
    ("==", 'to compare, write "="', "比较请写“=”"),
    ("&&", 'write "and"', "请写“and”"),
    ("||", 'write "or"', "请写“or”"),
    ("<>", 'write "!="', "请写“!=”"),
    ("!", 'write "not(...)" or "!="', "请写“not(...)”或“!=”"),
    ("'", "text stands in double quotes", "文字请用英文双引号"),
    ("`", "text stands in double quotes", "文字请用英文双引号"),
    ("%", 'for the rest of a division write "modulo(a, b)"', "求余数请写“modulo(a, b)”"),
    (
        ";",
        'there is one expression; separate items with ","',
        "此处只能有一个表达式，各项之间用“,”",
    ),
    ("$", 'names are written without "$"', "名称前不写“$”"),
)
# Full-width signs that input methods write, and what FEEL wants.
FULL_WIDTH = {
    "，": ",", "、": ",", "（": "(", "）": ")", "：": ":", "“": '"', "”": '"', "【": "[", "】": "]", "［": "[",
    "］": "]", "｛": "{", "｝": "}", "＝": "=", "＞": ">", "＜": "<", "＋": "+", "－": "-", "＊": "*", "／": "/",
    "．": ".", "。": ".", "！": "!", "；": ";", "？": "?", "《": "<", "》": ">", "＂": '"', "‘": '"', "’": '"',
}  # fmt: skip


def hint(text: str, offset: int) -> tuple[str, str] | None:
    """(English, Chinese) advice for a sign at `offset`, if it is one of those."""
    char = text[offset : offset + 1]
    if char in FULL_WIDTH:
        wanted = FULL_WIDTH[char]
        return (
            f'"{char}" is full-width: write "{wanted}"',
            f"“{char}”是全角符号，请写半角“{wanted}”",
        )
    for sign, en, zh in _SIGNS:
        before = offset - len(sign) + 1
        if text.startswith(sign, offset) or (before >= 0 and text.startswith(sign, before)):
            return en, zh
    return None
