"""Fixtures of the manual's tests: those of the web application."""

from tests.desk.web.fixtures import (  # noqa: F401
    browser,
    chinese,
    desk,
    make_user,
    quick_hashes,
)
