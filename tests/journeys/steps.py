"""What customers and people of the desk do in every flow, from the form to the rating."""

import re
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.journeys.customers import Request
from tests.journeys.mailing import plain_text

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def send_form(page: Page, slug: str, request: Request, **more: str) -> str:
    """Fill in the type's public form; the ticket's number. `more` are texts by label."""
    page.goto(f"/f/{slug}")
    page.get_by_label("您的姓名").fill(request.name)
    page.get_by_label("电子邮箱").fill(request.mail)
    page.get_by_label("一句话说明").fill(request.title)
    page.locator("[name=text]").fill("请尽快联系我，白天都在家。")
    for label, text in more.items():
        field = page.get_by_label(label)
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/received*")
    found = re.search(r"[A-Z]+-\d{8}-\d{6}", page.locator("main, body").first.inner_text())
    assert found is not None
    return found[0]


def open_ticket(page: Page, title: str) -> None:
    """From My tasks, where it has come by itself."""
    page.goto("/tasks")
    row = page.locator(".ld-task", has_text=title).first
    expect(row).to_be_visible()
    row.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def choose(page: Page, outcome: str, **fields: str) -> None:
    """Fill the step's form by labels and press the button with the outcome; what is done is answered by a redirect."""
    step = page.locator("#editor-step")
    for label, text in fields.items():
        field = step.get_by_label(label, exact=True)
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)
    with page.expect_response(lambda answer: answer.request.redirected_from is not None):
        step.get_by_role("button", name=outcome, exact=True).click()


def rate(page: Page, mail: EmailMessage) -> None:
    """Open the link of the closing mail and give five stars."""
    link = re.search(r"http\S+#rate", plain_text(mail))
    assert link is not None
    page.goto(link[0])
    page.locator("label[for='rating-5']").click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator(".ld-rated")).to_be_visible()
