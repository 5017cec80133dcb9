"""Fixtures of the calendars' tests: those of the web application, with the calendars' pages."""

import pytest
from flask import Flask

from desk.application import Desk
from desk.web.application import create_web
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    compiled_templates,
    desk,
    make_team,
    make_user,
    quick_hashes,
)


@pytest.fixture
def app(desk: Desk) -> Flask:  # noqa: F811
    """The pages and API of people and calendars."""
    return create_web(desk, subjects=["people", "calendars"])
