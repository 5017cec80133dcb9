"""Log lines are of one shape, carry the ids of what they are about, and never the secrets."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from desk.settings import SettingsError
from lanedesk.logs import bind, configure_logging


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_json_lines_carry_the_bound_ids(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", process="worker")
    with bind(ticket="WN-20261120-000001", instance="7f"):
        logging.getLogger("desk.tickets").info("工单已派发", extra={"team": 3})
        structlog.get_logger("desk.web").warning("slow", ms=1200)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["event"] == "工单已派发"
    assert first["team"] == 3
    assert second["ms"] == 1200
    for line in (first, second):
        assert line["ticket"] == "WN-20261120-000001"
        assert line["instance"] == "7f"
        assert line["process"] == "worker"
        assert line["at"].endswith("Z")


def test_an_exception_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", process="web")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("desk").exception("it failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: broken" in json.loads(line)["exception"]


def test_console_lines_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("console", process="web")
    logging.getLogger("desk").info("ready", extra={"port": 8080})
    line = capsys.readouterr().err
    assert "ready" in line
    assert "port=8080" in line


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_variables(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format, process="web")
    password = "correct horse"  # noqa: F841 - must not show up
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("desk").exception("it failed")
    said = capsys.readouterr().err
    assert "ValueError: broken" in said
    assert "horse" not in said.replace('password = "correct horse"', "")


def test_another_format_is_refused() -> None:
    with pytest.raises(SettingsError, match="console or json"):
        configure_logging("xml", process="web")


def test_what_is_set_later_holds_for_a_logger_that_has_spoken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = structlog.get_logger("desk.web")
    configure_logging("console", process="web")
    logger.info("first")
    configure_logging("json", process="worker")
    capsys.readouterr()
    logger.info("second")
    assert json.loads(capsys.readouterr().err)["process"] == "worker"
