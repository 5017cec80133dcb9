"""A new colleague reads English: first password, language and appearance, and no Chinese on the desk's own parts."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.pages import chinese_on_frame
from tests.journeys.pictures import Pictures

OWN_PASSWORD = "seven quiet lanterns"


def test_a_new_colleague_works_in_english(
    sign_in: SignIn, new_page: Callable[..., Page], pictures: Pictures
) -> None:
    admin = sign_in("admin")
    admin.goto("/settings/people/new")
    pictures.take(admin, "new-person", whole=True)
    admin.get_by_label("登录名").fill("grace")
    admin.get_by_label("姓名").fill("Grace Miller")
    admin.get_by_label("语言").select_option("English")
    admin.get_by_role("checkbox", name=re.compile("主管")).check()
    admin.get_by_role("button", name="添加人员").click()
    first = admin.locator(".ld-banner dd").last.inner_text()
    pictures.take(admin, "first-password")

    page = new_page(locale="en-GB")
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    pictures.take(page, "sign-in")
    page.get_by_label("Login").fill("grace")
    page.get_by_label("Password").fill("wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Login or password is wrong")
    expect(page.get_by_label("Login")).to_have_value("grace")
    pictures.take(page, "sign-in-refused")
    page.get_by_label("Password").fill(first)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    page.goto("/tasks")  # there is no way around it
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    page.get_by_label("Password until now").fill(first)
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password, again").fill("short")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    pictures.take(page, "password-too-short")
    page.get_by_label("Password until now").fill(first)
    page.get_by_label("New password", exact=True).fill(OWN_PASSWORD)
    page.get_by_label("New password, again").fill(OWN_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="My tasks")).to_be_visible()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not (found := chinese_on_frame(page)), found

    page.get_by_role("button", name="Grace Miller").click()
    pictures.take(page, "menu")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    pictures.take(page, "dark")
    page.get_by_role("button", name="Grace Miller").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="我的任务")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    pictures.take(page, "chinese")
    page.get_by_role("button", name="Grace Miller").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("#login")).to_be_visible()
