"""Fixtures of the manual's tests: those of the web application."""

from tests.desk.web.fixtures import (  # noqa: F401
    app,
    browser,
    chinese,
    compiled_templates,
    desk,
    make_user,
    quick_hashes,
)
