"""A ticket's flow as a picture."""

from types import SimpleNamespace
from typing import Any

from desk.diagrams.canvas import DARK, LIGHT
from tests.desk.diagrams.drawn import of, read, words


def test_the_path_and_the_token_of_a_ticket(
    mailed: Any,
    visit: Any,
    crew: SimpleNamespace,
    settle: Any,
) -> None:
    ticket = mailed()
    settle()
    browser = visit(crew.dispatcher)
    answer = browser.get(f"/tickets/{ticket.id}/flow.svg")
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    svg = answer.get_data(as_text=True)
    assert of(svg, "dispatch")[0].get("stroke") == LIGHT.brand
    for passed in ("start_mail", "f_mail", "register", "f_disp"):
        assert of(svg, passed)[0].get("stroke") == LIGHT.passed
    assert of(svg, "f_form")[0].get("stroke") == LIGHT.ink
    assert words(svg)[-1] == "1"
    dark = browser.get(f"/tickets/{ticket.id}/flow.svg?theme=dark").get_data(as_text=True)
    assert read(dark)[0].get("fill") == DARK.paper


def test_a_ticket_that_is_not_there(visit: Any, crew: SimpleNamespace) -> None:
    assert visit(crew.lilei).get("/tickets/99/flow.svg").status_code == 404
