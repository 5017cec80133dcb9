"""The columns of a table, as a form on the page of its field."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request
from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.fields.models import Dictionary
from desk.fields.tables import MOST_COLUMNS, Column
from desk.forms import Form, Option, Submission

PREFIX: Final = "table"  # of the ids on the page


def _input(kind: str, key: str, zh: str, en: str, row: int, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "id": f"column-{key}", "key": key, "label": zh, "layout": {"row": f"row-{row}"},
        **more, "properties": {"label:en": en, **more.pop("properties", {})},
    }  # fmt: skip


def _values(kinds: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "values": [{"value": key, "label": zh} for key, (zh, _en) in kinds.items()],
        "properties": {"values:en": "; ".join(f"{key}={en}" for key, (_zh, en) in kinds.items())},
    }


_KINDS: Final = {
    "line": ("单行文本", "Text"),
    "integer": ("数字", "Whole number"),
    "decimal": ("小数", "Decimal number"),
    "choice": ("下拉列表", "Drop-down"),
    "computed": ("计算", "Computed"),
}
_FILLS: Final = {
    "code": ("编号", "Code"),
    "title": ("名称", "Name"),
    "price": ("单价", "Unit price"),
    "unit": ("单位", "Unit"),
}
_NEEDED: Final = {"validate": {"required": True}}

FORM: Final = Form.from_schema(
    {
        "type": "default",
        "schemaVersion": 19,
        "components": [
            {
                "type": "dynamiclist",
                "id": "columns",
                "path": "columns",
                "label": "列",
                "showOutline": False,
                "disableCollapse": True,
                "properties": {"label:en": "Column", "least": "1", "most": str(MOST_COLUMNS)},
                "components": [
                    _input("textfield", "zh", "标题（中文）", "Title (Chinese)", 1),
                    _input("textfield", "en", "标题（英文）", "Title (English)", 1),
                    _input("textfield", "key", "标识", "Key", 1, **_NEEDED),
                    _input("select", "kind", "类型", "Kind", 1, **_NEEDED, **_values(_KINDS)),
                    _input("textfield", "expression", "公式（计算列）", "Formula, of a computed one", 2),
                    _input(
                        "select", "dictionary", "字典（下拉列表）", "Dictionary, of a drop-down", 2,
                        properties={"source": "dictionaries"},
                    ),
                    _input("select", "fills", "取自目录", "Taken from the catalogue", 2, **_values(_FILLS)),
                    _input("checkbox", "required", "必填", "Has to be filled in", 3),
                    _input("checkbox", "total", "显示合计", "A total below", 3),
                ],
            }
        ],
    }
)  # fmt: skip


def read(session: Session) -> Submission:
    """What the page sent."""
    return FORM.parse(request.form, request.files, locale=str(get_locale()), options=_options(session))


def rendered(session: Session, columns: Sequence[Column], sent: Submission | None) -> Markup:
    """The columns to be changed; after a refusal as they were sent."""
    data: dict[str, Any] = {"columns": [_row(column) for column in columns]}
    if sent is not None:
        data = sent.merged(data)
    return FORM.render(
        data,
        locale=str(get_locale()),
        errors=sent.errors if sent else {},
        options=_options(session),
        id_prefix=PREFIX,
    )


def columns_in(sent: Submission) -> list[Column]:
    """The columns that were sent."""
    return [
        Column(
            key=str(row.get("key") or "").strip(),
            title={"zh": row.get("zh") or "", "en": row.get("en") or ""},
            kind=row.get("kind") or "",
            dictionary=row.get("dictionary") or "",
            expression=row.get("expression") or "",
            required=row.get("required") is True,
            total=row.get("total") is True,
            fills=row.get("fills") or "",
        )
        for row in sent.values.get("columns", ())
    ]


def _row(column: Column) -> dict[str, Any]:
    names = {"zh": column.title.get("zh", ""), "en": column.title.get("en", "")}
    row = column.as_json() | names
    return {name: row[name] or None for name in row if name != "title"} | {
        "required": column.required, "total": column.total,
    }  # fmt: skip


def _options(session: Session) -> dict[str, list[Option]]:
    found = session.scalars(select(Dictionary).order_by(Dictionary.key))
    return {
        "dictionaries": [
            Option(one.key, one.title.get("zh") or title, {"en": one.title.get("en") or title})
            for one in found
            for title in (next(filter(None, one.title.values()), one.key),)
        ]
    }
