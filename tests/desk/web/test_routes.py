"""Every address of the whole desk: marked for whom it is, and closed to forged requests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from desk.application import Desk
from desk.people.access import access_of
from desk.people.permissions import PERMISSIONS
from desk.web.csrf import EXEMPT, SAFE_METHODS
from lanedesk.app import create_app

# Views that other programs post to, each with the reason why it needs no CSRF token. `endpoint: reason`.
EXEMPT_VIEWS = {
    "portal.submit_page": "customers have no account to abuse, often no cookies; the page's signed key is checked",
    "portal.answer": "the same; the address itself is the secret",
    "portal.fill_in_once": "the same",
    "surveys.send_answer": "the same",
}


@pytest.fixture
def whole(desk: Desk) -> Flask:
    """The application as it runs, with all subjects and doors."""
    return create_app(desk)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule: Rule) -> str:
    """The rule with something put in for its parts."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = {
            "RecordId": 4711,
            "UUIDConverter": "00000000-0000-4000-8000-000000000000",
        }.get(converter, "x")
    built = rule.build(values)
    assert built is not None, rule
    return built[1]


def test_every_view_says_for_whom_it_is(whole: Flask) -> None:
    unmarked = [
        f"{method} {rule.rule} ({rule.endpoint})"
        for rule, method in routes(whole)
        if access_of(whole.view_functions[rule.endpoint], method) is None
    ]
    assert unmarked == [], "mark them with @requires(…) or @public"


def test_every_permission_that_a_view_names_exists(whole: Flask) -> None:
    for rule, method in routes(whole):
        access = access_of(whole.view_functions[rule.endpoint], method)
        if access is not None and access != "public":
            assert set(access) <= PERMISSIONS.keys(), rule


def test_whoever_needs_no_csrf_token_is_listed_here(whole: Flask) -> None:
    exempt = {
        rule.endpoint
        for rule, method in routes(whole)
        if method not in SAFE_METHODS
        and getattr(whole.view_functions[rule.endpoint], EXEMPT, False)
    }
    assert exempt == EXEMPT_VIEWS.keys()


def test_no_page_takes_a_change_without_its_token(whole: Flask) -> None:
    client = whole.test_client()
    tried = 0
    for rule, method in routes(whole):
        if method in SAFE_METHODS or rule.endpoint in EXEMPT_VIEWS:
            continue
        answer = client.open(address(rule), method=method)
        # a program that nobody knows has no session to abuse: it is asked for its token
        expected = 401 if rule.rule.startswith("/api/") else 400
        assert answer.status_code == expected, f"{method} {rule.rule}"
        tried += 1
    assert tried > 10


def test_nobody_reads_a_page_that_is_not_public(whole: Flask) -> None:
    client = whole.test_client()
    for rule, method in routes(whole):
        if method != "GET" or access_of(whole.view_functions[rule.endpoint], method) == "public":
            continue
        answer = client.get(address(rule))
        if rule.rule.startswith("/api/"):
            assert answer.status_code == 401, rule.rule
        else:
            assert answer.status_code == 302, rule.rule
            assert answer.location.startswith("/login"), rule.rule
