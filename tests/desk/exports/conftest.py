"""Fixtures of exports: those of the audit, and a log of known cases."""

from tests.desk.audit.conftest import entries, guarded, migrated, process  # noqa: F401
from tests.desk.web.fixtures import bearer, make_team, make_user, quick_hashes  # noqa: F401
