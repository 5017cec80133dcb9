"""Where flows run: round steps, whether they are drawn between steps that stand or lead to a new one."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.designer import Designer, diagram, put
from tests.journeys.pictures import Pictures

# The flows of the open diagram that run through a step which is neither of their ends, as [flow, step] ids.
THROUGH = """() => {
  const shown = ".ldz-editor:not([hidden]) ";
  const steps = [...document.querySelectorAll(shown + ".djs-shape[data-element-id]:not(.djs-label)")]
    .filter((g) => g.querySelector(".djs-visual rect, .djs-visual circle, .djs-visual polygon"))
    .map((g) => [g.dataset.elementId, g.querySelector(".djs-visual > :first-child").getBoundingClientRect()]);
  const found = [];
  for (const flow of document.querySelectorAll(shown + ".djs-connection")) {
    const path = flow.querySelector(".djs-visual > path");
    const matrix = path.getScreenCTM();
    const length = path.getTotalLength();
    const at = (way) => path.getPointAtLength(way).matrixTransform(matrix);
    const near = (box, {x, y}, room) =>
      x > box.left - room && x < box.right + room && y > box.top - room && y < box.bottom + room;
    for (const [id, box] of steps) {
      if (near(box, at(0), 2) || near(box, at(length), 2)) continue;
      for (let way = 0; way < length; way += 3) {
        if (near(box, at(way), -2)) { found.push([flow.dataset.elementId, id]); break; }
      }
    }
  }
  return found;
}"""


def through(page: Page) -> Any:
    return page.evaluate(THROUGH)


def test_flows_go_round_steps(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    row = diagram("步", 5)
    for number in range(5):
        row = row.replace(f'id="t{number}" name="步"', f'id="t{number}" name="第{number}步"')
    put(page, "tests/routes/row.bpmn", row)
    designer = Designer(page)
    designer.open("tests/routes/row.bpmn")
    flows = page.locator(".ldz-editor:not([hidden]) .djs-connection")
    # straight on there is another step in between, one way and back
    ways = ((0, 1), (1, 2), (0, 4), (4, 0), (3, 1))
    for number, (source, target) in enumerate(ways, 1):
        designer.select(f"t{source}")
        designer.connect(f"第{target}步")
        expect(flows).to_have_count(number)
    assert through(page) == []
    pictures.take(page, "round")
    # a new step stands beside the flows that are there
    designer.select("t1")
    designer.add("人工任务", "more", "再一步")
    designer.select("t0")
    designer.add("人工任务", "aside", "旁边")
    assert through(page) == []
    pictures.take(page, "appended")
    # and who moves a step takes its flows along, round the others
    designer.select("t4")
    for _ in range(12):
        page.keyboard.press("Shift+ArrowDown")
    assert through(page) == []
    pictures.take(page, "moved")
