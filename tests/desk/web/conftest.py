"""Fixtures of the web application's tests."""

from tests.desk.web.fixtures import (  # noqa: F401
    app,
    bearer,
    browser,
    chinese,
    compiled_templates,
    desk,
    make_team,
    make_user,
    quick_hashes,
)
