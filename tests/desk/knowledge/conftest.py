"""A desk with people and the diagrams, as the tickets' tests have it."""

from tests.desk.tickets.conftest import *  # noqa: F403
