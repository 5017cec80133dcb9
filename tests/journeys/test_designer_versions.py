"""Versions of a decision and of a form: what differs is seen and read, and an older one comes back."""

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.designer import Designer, put, redraft
from tests.journeys.pictures import Pictures

FOLDER = "tests/versions"


def table(policy: str, inputs: str, *rules: tuple[str, ...]) -> str:
    """A decision table; a rule is its id, then its cells."""
    rows = "".join(
        f'<rule id="{key}">'
        + "".join(
            f'<inputEntry id="{key}{n}"><text>{said}</text></inputEntry>'
            for n, said in enumerate(cells)
        )
        + f'<outputEntry id="{key}o"><text>{out}</text></outputEntry></rule>'
        for key, *cells, out in rules
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        'id="d" name="处理时限" namespace="t"><decision id="hours" name="处理时限">'
        f'<decisionTable id="table" hitPolicy="{policy}">{inputs}'
        f'<output id="out" label="小时" name="hours" typeRef="number"/>{rows}</decisionTable></decision></definitions>'
    )


def column(key: str, label: str, expression: str) -> str:
    return (
        f'<input id="{key}" label="{label}"><inputExpression id="{key}x" typeRef="string">'
        f"<text>{expression}</text></inputExpression></input>"
    )


LEVEL, TEAM = column("level", "客户等级", "level"), column("team", "班组", "team")
OLD_TABLE = table(
    "UNIQUE",
    LEVEL,
    ("vip", '"vip"', "2"),
    ("gold", '"gold"', "4"),
    ("normal", '"normal"', "8"),
    ("other", "-", "24"),
)
NEW_TABLE = table(
    "FIRST",
    LEVEL + TEAM,
    ("other", "-", "-", "24"),
    ("vip", '"vip"', "-", "1"),
    ("gold", '"gold"', "-", "4"),
    ("new", '"silver"', '"night"', "6"),
)


def form(*fields: dict[str, object]) -> str:
    return json.dumps(
        {"type": "default", "id": "refund", "schemaVersion": 18, "components": fields},
        ensure_ascii=False,
        indent=2,
    )


WHY = {"id": "f1", "key": "why", "type": "textarea", "label": "原因"}
AMOUNT = {"id": "f2", "key": "amount", "type": "number", "label": "金额"}
PROOF = {
    "id": "f3",
    "key": "proof",
    "type": "textfield",
    "label": "凭证号",
    "conditional": {"hide": "=amount < 100"},
}
PHONE = {"id": "f4", "key": "phone", "type": "textfield", "label": "电话"}
OLD_FORM = form(WHY, AMOUNT, PROOF, PHONE)
NEW_FORM = form(
    AMOUNT | {"validate": {"required": True}},
    WHY | {"key": "reason"},
    PROOF | {"label": "发票号", "conditional": {"hide": "=amount < 500"}},
    {
        "id": "f5",
        "key": "bank",
        "type": "select",
        "label": "银行",
        "values": [{"label": "工行", "value": "icbc"}],
    },
)


def test_what_differs_is_seen_and_an_older_version_comes_back(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    for name, old, new in (
        ("hours.dmn", OLD_TABLE, NEW_TABLE),
        ("refund.form", OLD_FORM, NEW_FORM),
    ):
        redraft(page, put(page, f"{FOLDER}/{name}", old), new)
    designer = Designer(page)
    the_table_cell_by_cell(designer, pictures)
    the_form_field_by_field(designer, pictures)
    an_older_one_comes_back(designer, pictures)


def versions(designer: Designer) -> tuple[Locator, Locator]:
    """The dialog of the open file: its picture, and the list of what differs."""
    designer.page.get_by_role("button", name="版本", exact=True).click()
    dialog = designer.page.get_by_role("dialog")
    return dialog.locator(".ldz-diff-picture"), dialog.get_by_role("list", name="差异")


def close(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="关闭").last.click()


def the_table_cell_by_cell(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    designer.open(f"{FOLDER}/hours.dmn")
    picture, changes = versions(designer)
    expect(picture.locator("thead th").first).to_have_text("UNIQUE FIRST")
    expect(picture.locator("thead th.is-added")).to_contain_text("班组")
    rules = picture.locator("tbody tr")
    expect(rules).to_have_count(5)
    moved, changed, same, added = (rules.nth(place) for place in (0, 1, 2, 4))
    expect(moved.locator("th")).to_contain_text("4 → 1")
    expect(changed.locator("td.is-changed del")).to_have_text("2")
    expect(changed.locator("td.is-changed ins")).to_have_text("1")
    expect(same.locator(".is-changed")).to_have_count(0)
    expect(added).to_have_class("is-added")
    expect(added).to_contain_text('"silver"')
    expect(picture.locator("tr.is-removed del").first).to_have_text('"normal"')
    for words in (
        "命中策略由“UNIQUE”改为“FIRST”",
        "第 2 条”：小时",
        "位置由“4”改为“1”",
        "新增输入列“班组",
    ):
        expect(changes).to_contain_text(words)
    pictures.take(page, "table")
    close(page)


def the_form_field_by_field(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    designer.open(f"{FOLDER}/refund.form")
    picture, changes = versions(designer)
    rows = picture.locator(".ldz-form-pair")
    expect(rows).to_have_count(5)
    renamed = rows.filter(has_text="原因")
    expect(renamed.locator(".is-different").first).to_contain_text("why")
    expect(renamed.locator(".is-different").last).to_contain_text("reason")
    expect(rows.filter(has_text="发票号")).to_contain_text("=amount < 100")
    expect(rows.filter(has_text="发票号")).to_contain_text("=amount < 500")
    expect(picture.locator(".ldz-form-pair.is-added")).to_contain_text("银行")
    expect(picture.locator(".ldz-form-pair.is-removed")).to_contain_text("电话")
    for words in (
        "标识由“why”改为“reason”",
        "隐藏条件由“=amount < 100”改为“=amount < 500”",
        "必填由空改为是",
        "移动字段",
    ):
        expect(changes).to_contain_text(words)
    changes.get_by_role("button", name=re.compile("新增")).click()
    expect(picture.locator(".is-chosen")).to_contain_text("银行")
    pictures.take(page, "form")
    close(page)


def an_older_one_comes_back(designer: Designer, pictures: Pictures) -> None:
    """The draft is kept as a version; the one before it is restored, and then open."""
    page = designer.page
    designer.tab("处理时限")
    versions(designer)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("备注").fill("夜班更快")
    dialog.get_by_role("button", name="保存为版本").click()
    kept = dialog.locator(".ldz-revisions li", has_text="夜班更快")
    expect(kept).to_contain_text("张伟")
    pictures.take(page, "kept")
    first = dialog.locator('.ldz-revisions li[data-number="1"]')
    first.get_by_role("button", name="恢复").click()
    expect(page.locator("#flash")).to_contain_text("第 1 版")
    rows = page.locator(".ldz-editor:not([hidden]) .tjs-table tbody tr")
    expect(rows.filter(has_text='"normal"')).to_have_count(1)
    expect(rows.filter(has_text='"silver"')).to_have_count(0)
    pictures.take(page, "restored")
    # the restored one is a draft: what it replaces stays a version
    picture, _ = versions(designer)
    expect(picture.locator("tr.is-removed")).to_contain_text('"silver"')
    close(page)
