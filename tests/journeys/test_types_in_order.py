"""The types of tickets are put in order, by keys and by dragging."""

from playwright.sync_api import expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pictures import Pictures


def test_types_are_put_in_order(sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("zhangwei")
    page.goto("/settings/ticket-types")
    names = page.locator("[data-order] tr:has([data-order-grip]) [data-row-link]")
    first, second, third = names.all_inner_texts()[:3]
    said = page.locator("[data-order-said]")

    down = page.get_by_role("button", name=f"下移：{first}")
    down.focus()
    down.press("Enter")
    expect(said).to_contain_text(f"“{first}”现在是第 2 个")
    expect(down).to_be_focused()  # so that the next press goes on
    page.reload()
    assert names.all_inner_texts()[:3] == [second, first, third]
    pictures.take(page, "types-in-order")
    assert not serious_faults(page)

    grip = page.locator(f"tr:has-text('{first}') [data-order-grip]").first
    target = page.locator("[data-order] tr").first.bounding_box()
    assert target is not None
    grip.hover()
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 4, steps=8)
    page.mouse.up()
    expect(said).to_contain_text(f"“{first}”现在是第 1 个")
    page.reload()
    assert names.all_inner_texts()[:3] == [first, second, third]
