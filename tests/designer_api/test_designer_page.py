"""The designer's page and its gallery: who may open it, what it is given, and that its words are complete."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from designer_api.designer_page.gallery import FOLDER, templates
from engine.bpmn.extensions import LANEDESK
from engine.scenarios import run_scenarios
from lanedesk.build import all_operators

SOURCES = Path(__file__).resolve().parents[2] / "frontend" / "designer"
SAID = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')
ENTRY = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|(\w+)): "')


def test_every_word_of_the_designer_has_chinese() -> None:
    chinese = (SOURCES / "zh.js").read_text("utf-8")
    known = {quoted or plain for quoted, plain in ENTRY.findall(chinese)}
    said = {
        words for path in SOURCES.rglob("*.js") for words in SAID.findall(path.read_text("utf-8"))
    }
    assert len(said) > 300
    assert said - known == set()


def test_the_designer_knows_all_that_our_diagrams_say() -> None:
    """bpmn-js leaves out elements of our namespace that it was not told of: a save would lose them."""
    told = json.loads((SOURCES / "bpmn" / "lanedesk.json").read_text("utf-8"))
    known = {
        kind["name"][0].lower() + kind["name"][1:]: {one["name"] for one in kind["properties"]}
        for kind in told["types"]
    }
    diagrams = list(FOLDER.parent.rglob("*.bpmn"))
    assert diagrams
    for path in diagrams:
        for element in etree.parse(path).iter(f"{{{LANEDESK}}}*"):
            name = etree.QName(element).localname
            assert name in known, f"{path}: {name}"
            assert set(element.attrib) <= known[name], f"{path}: {name} {dict(element.attrib)}"


@pytest.mark.parametrize("template", templates(), ids=lambda template: template["name"])
def test_gallery_bundles_hold_and_pass_everything(template: dict[str, object]) -> None:
    folder = FOLDER / str(template["name"])
    resources = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(resources) == sorted(template["files"])  # type: ignore[call-overload]
    outcomes, coverage = run_scenarios(resources, all_operators())
    assert [outcome.failure for outcome in outcomes] == [None] * len(outcomes)
    assert outcomes
    assert coverage.untouched == []


def test_gallery_has_what_an_implementer_begins_with() -> None:
    names = [template["name"] for template in templates()]
    assert names == [
        "two-step-approval", "on-site-service", "refund-request", "faq-review", "customer-survey",
    ]  # fmt: skip
    for template in templates():
        assert {"zh", "en"} == set(template["title"]) == set(template["help"])


def test_the_page_is_for_those_who_may_draw(browser: Any, make_user: Callable[..., Any]) -> None:
    make_user("li", roles=["implementer"], locale="zh_CN")
    make_user("wang", roles=["agent"])
    browser.sign_in("wang")
    assert browser.get("/designer/").status_code == 403
    assert browser.get("/designer/gallery").status_code == 403
    browser.sign_in("li")
    page = browser.get("/designer/").text
    assert "设计器" in page
    assert "&#34;mayDeploy&#34;: true" in page or '"mayDeploy": true' in page
    assert len(browser.get("/designer/gallery").json["items"]) == 5
