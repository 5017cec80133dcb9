"""The hands of an implementer in the designer: what journeys do there, in the words of the page (Chinese)."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

CANVAS = ".ldz-editor:not([hidden]) .djs-container > svg"


class Designer:
    """The open page. Elements are named by their ids, which `add` gives."""

    def __init__(self, page: Page) -> None:
        """Open it."""
        self.page = page
        page.goto("/designer/")
        page.wait_for_selector("#designer[data-ready]")

    # files
    def new(self, kind: str, name: str, key: str, folder: str) -> None:
        """A new file by the dialog: 流程, 决策, 表单 or 场景."""
        self.page.locator("#ldz-new").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("radio", name=re.compile(f"^{kind}")).click()
        dialog.get_by_label("名称", exact=True).fill(name)
        dialog.get_by_label("标识", exact=True).fill(key)
        dialog.get_by_label("文件夹", exact=True).fill(folder)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("tab", name=name)).to_be_visible()

    def open(self, path: str) -> None:
        """A file of the library, until it has its tab."""
        self.left("library")
        self.page.locator(f'.ldz-tree [data-path="{path}"] > .ldz-row').click()
        expect(self.page.locator(".ldz-tab.is-selected")).to_have_attribute("title", path)

    def tab(self, name: str) -> None:
        """Go to an open file."""
        self.page.locator(".ldz-tabs").get_by_role("tab", name=name).click()

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.locator(".ldz-state")).to_have_text("已保存")

    def no_problems(self) -> None:
        """Wait until the rules find nothing."""
        expect(self.page.locator(".ldz-status")).to_contain_text("没有问题")

    # the drawing
    @property
    def canvas(self) -> Locator:
        """The drawing, which takes keys."""
        return self.page.locator(CANVAS)

    def shape(self, element: str) -> Locator:
        """An element of the open diagram."""
        return self.page.locator(f'.ldz-editor:not([hidden]) g[data-element-id="{element}"]')

    def left(self, shown: str) -> None:
        """What stands on the left: `library` or `outline`."""
        tab = self.page.locator(f'.ldz-strip [data-tab="{shown}"]')
        if tab.get_attribute("aria-selected") != "true":
            tab.click()

    def select(self, element: str) -> None:
        """By the list of elements: it reaches what is not in sight, too."""
        self.left("outline")
        self.page.locator(f'.ldz-outline [data-id="{element}"]').click()
        expect(self.shape(element)).to_have_class(re.compile("selected"))
        self.canvas.focus()

    def select_flow(self, words: str) -> None:
        """A flow that leaves a gateway, by where it leads: `→ 购买`."""
        self.left("outline")
        self.page.locator(".ldz-outline li", has_text=words).click()

    def add(
        self, what: str, element: str, name: str | None = None, english: str | None = None
    ) -> None:
        """Append a step after the selected element by keys; `name` is written on it, `element` becomes its id."""
        keys = self.page.keyboard
        self.canvas.focus()
        keys.press("a")
        keys.type(what)
        expect(self.page.locator(".ldz-choose [aria-selected=true]")).to_contain_text(what)
        keys.press("Enter")
        if name is not None:
            expect(self.page.locator(".djs-direct-editing-content")).to_be_focused()
            keys.type(name)
            keys.press("Enter")
            expect(self.page.locator(".djs-direct-editing-content")).to_have_count(0)
        if english is not None:
            self.fill("name-other", english)
        self.fill("id", element)
        expect(self.shape(element)).to_have_class(re.compile("selected"))

    def drag_into_lane(self, element: str, lane: str) -> None:
        """Move an element by mouse to the middle of a lane."""
        box = self.shape(element).locator(".djs-hit").first.bounding_box()
        aim = self.shape(lane).locator(".djs-hit").first.bounding_box()
        assert box
        assert aim
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, 9):
            self.page.mouse.move(x, y + (aim["y"] + aim["height"] / 2 - y) * step / 8)
        self.page.mouse.up()

    def connect(self, target: str) -> None:
        """Lead from the selected element to another one by keys."""
        self.canvas.focus()
        self.page.keyboard.press("k")
        self.page.keyboard.type(target)
        self.page.keyboard.press("Enter")

    # properties
    def field(self, key: str) -> Locator:
        """A field of the selected element; a group that is folded is opened."""
        found = self.page.locator(f'.ldz-properties-body [data-key="{key}"]').last
        found.wait_for(state="attached")
        folded = found.locator("xpath=ancestor::details[not(@open)]")
        if folded.count():
            folded.first.locator("summary").click()
        return found

    def fill(self, key: str, text: str) -> None:
        """Write into a plain field."""
        box = self.field(key).locator("input, textarea").first
        box.fill(text)
        box.press("Tab")

    def choose(self, key: str, words: str) -> None:
        """Choose from a list, by words or value."""
        self.field(key).locator("select").first.select_option(words)

    def formula(self, key: str, text: str) -> None:
        """Write a formula, after a change to formulas where the field takes text, too."""
        field = self.field(key)
        turn = field.locator(".ldz-formula")
        if turn.count() and turn.first.get_attribute("aria-pressed") == "false":
            turn.first.click()
        editor = self.field(key).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Escape")
        self.page.locator(".ldz-properties-head").click()


API = "/api/v1/designer"
CALL = """async ([method, at, values]) => {
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
  const headers = {"Content-Type": "application/json", ...token};
  const body = values && JSON.stringify(values);
  const answer = await fetch(at, {method, body, headers});
  if (!answer.ok) throw new Error(await answer.text());
  return await answer.json();
}"""


def call(page: Page, method: str, at: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """The designer's REST as its page calls it; any page of somebody who has signed in will do."""
    return dict(page.evaluate(CALL, [method, API + at, values]))


def put(page: Page, path: str, content: str) -> dict[str, Any]:
    """A new file, before the designer is opened that shall show it."""
    return call(page, "POST", "/files", {"path": path, "content": content})


def redraft(page: Page, file: dict[str, Any], content: str) -> None:
    """Keep what a file holds as a version, and draft `content` after it."""
    call(page, "POST", f"/files/{file['id']}/revisions", {"note": ""})
    call(page, "PUT", f"/files/{file['id']}/draft", {"content": content, "base_etag": file["etag"]})


def diagram(name: str, tasks: int = 1) -> str:
    """A process of some tasks in a row, called `name` everywhere."""
    said = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    nodes = "".join(f'<userTask id="t{n}" name="{said}"/>' for n in range(tasks))
    shapes = "".join(
        f'<di:BPMNShape id="s{n}" bpmnElement="t{n}"><dc:Bounds x="{100 + n % 80 * 130}" '
        f'y="{100 + n // 80 * 110}" width="100" height="80"/></di:BPMNShape>'
        for n in range(tasks)
    )
    return (
        '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        f'targetNamespace="t" id="d"><process id="p" name="{said}" isExecutable="true">'
        f"<documentation>{said}</documentation>{nodes}</process>"
        f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="p">{shapes}</di:BPMNPlane></di:BPMNDiagram></definitions>'
    )
