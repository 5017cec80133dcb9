"""What the browser code does for the person at the desk, each behaviour in a real browser."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Open

SAMPLES = Path(__file__).resolve().parents[2] / "frontend/samples"
EVENT = {
    "id": 1042,
    "topic": "tasks:17",
    "kind": "changed",
    "data": {},
    "at": "2026-11-20T12:00:00Z",
}


def until(page: Page, condition: str, seconds: float = 5) -> None:
    """Wait until an expression holds in the page; Playwright's own way needs eval, which the policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({condition})"):
        assert time.monotonic() < deadline, f"never held: {condition}"
        page.wait_for_timeout(20)


def stream(body: str, status: int = 200, seen: list[str] | None = None) -> Any:
    """A handler that answers the event stream once with `body`, and afterwards leaves the line silent."""
    answered = []

    def handle(route: Route) -> None:
        if seen is not None:
            seen.append(route.request.url)
        if answered:
            return  # never answered: an open, quiet connection
        answered.append(True)
        route.fulfill(status=status, content_type="text/event-stream", body=body)

    return handle


def test_news_on_a_topic_makes_its_element_read_itself_again(open_page: Open) -> None:
    asked: list[str] = []

    def before(page: Page) -> None:
        page.route("**/events/stream*", stream(f"id: 1042\ndata: {json.dumps(EVENT)}\n\n"))
        page.on("request", lambda r: asked.append(r.url) if r.headers.get("hx-request") else None)

    page = open_page("tasks", before=before)
    until(page, "performance.getEntriesByType('resource').some(r => r.initiatorType === 'fetch')")
    assert [url for url in asked if url.endswith("/tasks")]


def test_the_stream_is_asked_for_all_topics_and_from_where_the_page_stands(open_page: Open) -> None:
    seen: list[str] = []
    page = open_page(
        "ticket",
        before=lambda p: p.route("**/events/stream*", stream("retry: 9000\n\n", seen=seen)),
    )
    expect(page.locator("h1")).to_be_visible()
    assert "topics=tasks%3A17,ticket%3A42&after=1041" in seen[0]


def test_a_refused_stream_is_asked_by_long_poll(open_page: Open) -> None:
    polled: list[str] = []

    def handle(route: Route) -> None:
        if "wait=" not in route.request.url:
            route.fulfill(status=429)
        elif not polled:
            polled.append(route.request.url)
            route.fulfill(json={"events": [EVENT], "last": "1042"})
        else:
            polled.append(route.request.url)

    with_news: list[str] = []

    def before(page: Page) -> None:
        page.route("**/events/stream*", handle)
        page.on(
            "request", lambda r: with_news.append(r.url) if r.headers.get("hx-request") else None
        )

    page = open_page("tasks", before=before)
    until(
        page,
        "performance.getEntriesByType('resource').filter(r => r.name.includes('wait=')).length > 0",
    )
    until(page, "performance.getEntriesByType('resource').some(r => r.name.endsWith('/tasks'))")
    assert "wait=25&after=1041" in polled[0]
    assert with_news


def test_a_tab_that_nobody_sees_lets_go_of_its_stream(open_page: Open) -> None:
    seen: list[str] = []

    def before(page: Page) -> None:
        page.clock.install()
        page.add_init_script(
            "Object.defineProperty(document, 'hidden', {get: () => Boolean(window.unseen)})"
        )
        page.route("**/events/stream*", stream("retry: 600000\n\n", seen=seen))

    page = open_page("tasks", before=before)
    deadline = time.monotonic() + 10
    while not seen:
        assert time.monotonic() < deadline, "the stream was never asked for"
        page.wait_for_timeout(20)

    def look(unseen: bool) -> None:
        page.evaluate(
            "is => { window.unseen = is; document.dispatchEvent(new Event('visibilitychange')); }",
            unseen,
        )

    look(unseen=True)
    look(unseen=False)  # a glance at another tab changes nothing
    page.clock.run_for(11_000)
    assert len(seen) == 1
    look(unseen=True)
    page.clock.run_for(11_000)
    with page.expect_request("**/events/stream*") as again:
        look(unseen=False)
    assert "after=1041" in again.value.url


def test_a_lost_connection_is_said_quietly(open_page: Open) -> None:
    def before(page: Page) -> None:
        page.clock.install()
        page.route("**/events/stream*", lambda route: route.abort())

    page = open_page("tasks", before=before)
    note = page.locator("[data-offline]")
    expect(note).to_be_hidden()
    page.clock.run_for(3500)
    expect(note).to_be_visible()


def test_keys_move_open_and_accept(open_page: Open) -> None:
    page = open_page("tasks")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("[data-row][aria-selected=true]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("VPN")
    page.keyboard.press("k")
    expect(row).to_contain_text("Printer on floor 3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ticket")


def test_a_accepts_the_chosen_task(open_page: Open) -> None:
    posted: list[str] = []

    def before(page: Page) -> None:
        page.route(
            "**/accept", lambda r: (posted.append(r.request.method), r.fulfill(status=204))[0]
        )

    page = open_page("tasks", before=before)
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_response("**/accept"):
        page.keyboard.press("a")
    assert posted == ["POST"]


def test_single_keys_do_nothing_while_somebody_types(open_page: Open) -> None:
    page = open_page("ticket")
    page.keyboard.press("r")
    text = page.locator("#editor-text")
    expect(text).to_be_focused()
    page.keyboard.type("c jk? a/")
    expect(text).to_have_value("c jk? a/")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_slash_focuses_the_search_and_question_mark_shows_the_keys(open_page: Open) -> None:
    page = open_page("tickets")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#help")).to_be_hidden()


def test_the_palette_filters_links_and_asks_the_server(open_page: Open) -> None:
    page = open_page("tasks")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.type("custom")
    options = page.locator("#palette [role=option]:visible")
    expect(options.first).to_have_text("Customers")
    expect(page.locator("#palette-found a")).to_contain_text("WN-20261120-000042")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ticket")


def test_an_unsent_reply_is_kept_and_comes_back(open_page: Open) -> None:
    page = open_page("ticket")
    page.locator("#editor-text").fill("Half a sentence")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft kept in this browser")
    page.reload()
    expect(page.locator("#editor-text")).to_have_value("Half a sentence")


def test_a_sent_reply_leaves_no_draft(open_page: Open) -> None:
    page = open_page("ticket", before=lambda p: p.route("**/send", lambda r: r.fulfill(status=204)))
    page.locator("#editor-text").fill("Done.")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft kept in this browser")
    with page.expect_response("**/send"):
        page.keyboard.press("Control+Enter")
    until(page, "localStorage.getItem('ld-draft-42-6') === null")


def test_a_refused_reply_keeps_its_draft(open_page: Open) -> None:
    refusal = "<body class='ld-desk'><h1>Please write something</h1></body>"

    def before(page: Page) -> None:
        page.route(
            "**/send", lambda r: r.fulfill(status=422, content_type="text/html", body=refusal)
        )

    page = open_page("ticket", before=before)
    page.locator("#editor-text").fill("Kept")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft kept in this browser")
    page.locator("[data-send]").click()
    expect(page.locator("h1")).to_have_text("Please write something")
    assert page.evaluate("localStorage.getItem('ld-draft-42-6')") == "Kept"


def test_the_pressed_outcome_is_sent_and_shown_busy(open_page: Open) -> None:
    bodies: list[str] = []
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        waiting.append(route)

    page = open_page("ticket", before=lambda p: p.route("**/step", hold))
    page.locator("#cause").select_option("fuser")
    page.get_by_role("button", name="Return").click()
    expect(page.locator(".ld-busy")).to_be_visible()
    expect(page.get_by_role("button", name="Return")).to_have_attribute("aria-busy", "true")
    waiting[0].fulfill(status=204)
    expect(page.locator(".ld-busy")).to_have_count(0)
    assert 'name="outcome"\r\n\r\nreturn' in bodies[0]
    assert 'name="cause"\r\n\r\nfuser' in bodies[0]


def test_a_server_fault_in_a_fragment_says_so_and_keeps_the_page(open_page: Open) -> None:
    def before(page: Page) -> None:
        page.route("**/events/stream*", stream(f"data: {json.dumps(EVENT)}\n\n"))
        page.route(
            "**/tasks",
            lambda r: r.fulfill(status=500, content_type="text/html", body="<p>traceback</p>"),
        )

    page = open_page("tasks", before=before)
    expect(page.locator("#flash")).to_contain_text("That did not work")
    expect(page.locator(".ld-task")).to_have_count(6)


def test_a_form_that_meets_a_server_fault_keeps_what_was_typed(open_page: Open) -> None:
    away = "<body class='ld-desk'><h1>The desk is not available right now</h1></body>"

    def before(page: Page) -> None:
        page.route(
            "**/step", lambda r: r.fulfill(status=503, content_type="text/html", body=away)
        )

    page = open_page("ticket", before=before)
    page.locator("#cause").select_option("fuser")
    page.get_by_role("button", name="Return").click()
    expect(page.locator("#flash")).to_contain_text("That did not work")
    expect(page.locator("#cause")).to_have_value("fuser")
    expect(page.locator(".ld-busy")).to_have_count(0)


def test_files_are_listed_removed_and_refused_when_too_big(open_page: Open) -> None:
    page = open_page("ticket")
    page.locator("[data-draft]").evaluate("form => { form.dataset.maxMb = 1 }")
    picker = page.locator("input[type=file]")
    picker.set_input_files(
        [
            {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG" + b"0" * 1000},
            {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"0" * 1_100_000},
        ]
    )
    expect(page.locator("[data-file-list] li")).to_have_count(1)
    expect(page.locator("#flash")).to_contain_text(
        "film.mp4 is too big: 1.0 MB. All files together may have 1 MB."
    )
    page.get_by_role("button", name="Remove photo.png").click()
    expect(page.locator("[data-file-list] li")).to_have_count(0)
    assert picker.evaluate("input => input.files.length") == 0


def test_a_pasted_image_becomes_a_file(open_page: Open) -> None:
    page = open_page("ticket")
    page.locator("#editor-text").evaluate(
        """area => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "screenshot.png", {type: "image/png"}));
          area.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.locator("[data-file-list] li")).to_contain_text("screenshot.png")


def test_panel_tabs_move_with_arrows_and_are_remembered(open_page: Open) -> None:
    page = open_page("ticket")
    page.get_by_role("tab", name="Customer").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Details")).to_be_focused()
    expect(page.locator("#side-details")).to_be_visible()
    expect(page.locator("#side-customer")).to_be_hidden()
    page.reload()
    expect(page.locator("#side-details")).to_be_visible()


def test_the_tab_of_this_page_is_in_sight_on_a_phone(open_page: Open) -> None:
    page = open_page("tickets?state=ended", width=320)
    expect(page.locator(".ld-tabs > [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_the_diagram_shows_where_the_token_stands_and_says_it(open_page: Open) -> None:
    page = open_page("ticket?panel=flow", lang="zh_CN")
    page.wait_for_selector(".ld-flow[data-ready]")
    expect(page.locator(".djs-element.ld-active")).to_have_attribute("data-element-id", "Process")
    expect(page.locator(".djs-shape.ld-done")).to_have_count(2)
    expect(page.locator("[data-flow-words] li").first).to_have_text("处理 (当前位置, 李伟)")
    mark = page.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    covered = mark.evaluate(
        """mark => { const b = mark.getBoundingClientRect();
        return !mark.contains(document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2)) }"""
    )
    assert not covered, "the bpmn.io watermark must stay visible"


def test_the_diagram_names_its_steps_in_the_readers_language(open_page: Open) -> None:
    page = open_page("ticket?panel=flow", lang="en")
    page.wait_for_selector(".ld-flow[data-ready]")
    expect(page.locator("[data-element-id=Process] text")).to_have_text("Work on it")
    expect(page.locator("[data-flow-words] li").first).to_contain_text("Work on it (")
    expect(page.locator("[data-element-id=Dispatch] text")).to_have_text("派发")  # it has no other


def test_a_large_diagram_opens_where_the_token_stands(open_page: Open) -> None:
    def before(page: Page) -> None:
        wide = (SAMPLES / "flow.bpmn").read_text("utf-8").replace('x="682"', 'x="5682"')
        page.route("**/flow.bpmn", lambda r: r.fulfill(content_type="application/xml", body=wide))

    page = open_page("ticket?panel=flow", before=before)
    page.wait_for_selector(".ld-flow[data-ready]")
    active = page.locator(".djs-element.ld-active")
    expect(active).to_be_in_viewport()
    assert active.bounding_box()["width"] > 40  # type: ignore[index]
    page.locator("[data-flow=fit]").click()
    assert active.bounding_box()["width"] < 20  # type: ignore[index]


def test_a_missing_diagram_is_said_in_words(open_page: Open) -> None:
    page = open_page("tasks")  # a page without errors of its own; the fault is made here
    page.route("**/flow.bpmn", lambda r: r.fulfill(status=404))
    message = page.evaluate(
        """async () => {
          const holder = document.createElement("div");
          const place = document.createElement("div");
          place.className = "ld-flow-canvas";
          holder.append(place);
          holder.dataset.xmlUrl = "/flow.bpmn";
          holder.dataset.stateUrl = "/flow.json";
          document.body.append(holder);
          const names = await (await fetch("/manifest-for-tests")).json();
          const { showFlow } = await import(names["flow.js"]);
          await showFlow(holder).catch(() => {});
          return place.textContent;
        }"""
    )
    assert message == "The diagram could not be loaded."


def test_a_conversation_opens_at_its_newest_message(open_page: Open) -> None:
    page = open_page("ticket")
    expect(page.locator("#message-8")).to_be_in_viewport()
    page = open_page("ticket", width=390, height=844)
    expect(page.locator("#message-8 .ld-message-body")).to_be_in_viewport()


def test_the_theme_changes_at_once(open_page: Open) -> None:
    page = open_page(
        "tasks", before=lambda p: p.route("**/me/preferences", lambda r: r.fulfill(status=204))
    )
    page.get_by_role("button", name="Wei Li").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="As the system", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_links_swap_the_page_without_leaving_it_and_back_returns_to_the_place(
    open_page: Open,
) -> None:
    page = open_page("tickets", height=500)
    page.evaluate("window.sameDocument = true")
    page.evaluate("window.scrollTo(0, 400)")
    page.locator("tr[data-row] a").nth(9).click()
    expect(page.locator(".ld-ticket")).to_be_visible()
    assert page.evaluate("window.sameDocument")
    assert page.title() == "WN-20261120-000042 · Lanedesk"
    page.go_back()
    expect(page.locator(".ld-table")).to_be_visible()
    until(page, "Math.abs(scrollY - 400) < 5")


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_times_read_the_same_from_server_and_script(open_page: Open, lang: str) -> None:
    plain = open_page("tasks", lang=lang, script=False)
    alive = open_page("tasks", lang=lang)
    assert plain.locator("time").all_text_contents() == alive.locator("time").all_text_contents()
    assert len(plain.locator("time").all_text_contents()) >= 12


@pytest.mark.parametrize("path", ["tasks", "tickets", "ticket", "form", "track"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_shifts_after_load(open_page: Open, path: str, width: int) -> None:
    watch = """window.shift = 0;
      new PerformanceObserver(l => l.getEntries().forEach(e => { if (!e.hadRecentInput) window.shift += e.value }))
        .observe({type: "layout-shift", buffered: true});"""
    page = open_page(path, width=width, before=lambda p: p.add_init_script(watch))
    until(page, "document.readyState === 'complete' && performance.now() > 400")
    assert page.evaluate("window.shift") < 0.02


@pytest.mark.parametrize("path", ["tasks", "tickets", "ticket", "form", "track", "rate", "login"])
def test_pages_fit_a_phone(open_page: Open, path: str) -> None:
    page = open_page(path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["ticket", "form", "track", "styleguide"])
def test_names_without_blanks_wrap_on_a_phone(open_page: Open, path: str) -> None:
    page = open_page(path, width=390, height=844)
    before = page.evaluate("document.documentElement.scrollWidth")
    changed = page.evaluate(
        """() => {
          const named = document.querySelectorAll(
            "main :is(h1, h2, .form-check-label, .ld-message header strong, .ld-system > span)");
          named.forEach(element => { element.textContent = "w".repeat(80); });
          return named.length;
        }"""
    )
    assert changed
    assert page.evaluate("document.documentElement.scrollWidth") <= before == 390


def test_a_filter_applies_at_once_and_lives_in_the_address(open_page: Open) -> None:
    page = open_page("tickets")
    page.locator("select[name=assignee]").select_option("2")
    page.wait_for_url("**/tickets?*assignee=2*")


def test_the_stars_work_without_script(open_page: Open) -> None:
    page = open_page("rate", script=False)
    page.locator("label[for=rating-2]").click()
    assert page.locator("input[name=rating]:checked").get_attribute("value") == "2"


def test_a_refresh_keeps_what_the_reader_chose_and_marks_what_is_new(
    open_page: Open, samples_url: str
) -> None:
    fresh: list[str] = []

    def news(route: Route) -> None:
        if not route.request.headers.get("hx-request"):
            route.continue_()
            return
        fragment = plain.locator("#tasks").evaluate("list => list.outerHTML")
        row = '<ol role="list"><li class="ld-task" id="task-99" data-row><a data-row-link href="#">New</a></li>'
        fresh.append(row)
        route.fulfill(content_type="text/html", body=fragment.replace('<ol role="list">', row, 1))

    plain = open_page("tasks", script=False)
    page = open_page("tasks", before=lambda p: p.route("**/tasks*", news))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:tasks:17'))")
    expect(page.locator("#task-99")).to_have_class("ld-task is-new")
    assert fresh
    expect(page.locator("[data-row][aria-selected=true]")).to_contain_text("VPN")
    expect(page.locator("#task-1 [data-row-link]")).to_be_focused()
    expect(page.locator("#task-0")).not_to_have_class("is-new")


def test_opened_quotes_stay_open_over_a_refresh(open_page: Open) -> None:
    page = open_page("ticket")
    quote = page.locator(".ld-quoted").first
    quote.locator("summary").click()
    swapped = page.evaluate(
        """async () => {
          const talk = document.getElementById("conversation");
          const text = talk.outerHTML.replace(/ open=""/g, "").replace("Very good, thank you!", "Very good!");
          await htmx.swap({text, target: talk, swap: "outerMorph", sourceElement: talk});
          return talk.isConnected;
        }"""
    )
    assert swapped
    expect(page.locator("#message-7")).to_contain_text("Very good!")
    expect(quote).to_have_attribute("open", "")
