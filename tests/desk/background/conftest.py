"""Fixtures of background work: those of the web application, with the pages of background work."""

import pytest
from flask import Flask

from desk.application import Desk
from desk.web.application import create_web
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    desk,
    make_team,
    make_user,
    quick_hashes,
)


@pytest.fixture
def app(desk: Desk) -> Flask:  # noqa: F811
    return create_web(desk, subjects=["people", "background"])
