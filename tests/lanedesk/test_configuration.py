"""Settings that can be read but not used end in one line that says what to change."""

from dataclasses import replace

import pytest

from desk.settings import Settings, SettingsError
from lanedesk.configuration import check_settings


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"brand_color": "teal"}, "must be #rrggbb, such as #0f766e, not 'teal'"),
        ({"brand_color": "#0f766e;}"}, "must be #rrggbb"),
        ({"brand_color": "#ffee00"}, "too pale to be seen on white: its contrast is 1.2 to 1"),
        ({"smtp_listen": "2525"}, "must be host:port"),
        ({"timezone": "Asia/Peking"}, "there is no zone"),
        ({"locale": "de"}, "must be one of zh_CN, en"),
        ({"secret_key": "short"}, "must have 16 characters"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_settings(replace(Settings(), **wrong))  # type: ignore[arg-type]
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("colour", ["#0f766e", "#C8102E", "#000000"])
def test_colours_that_can_be_seen(colour: str) -> None:
    check_settings(replace(Settings(), brand_color=colour))


def test_the_address_follows_the_port_unless_it_is_told() -> None:
    own = Settings.from_environment({"LANEDESK_WEB_PORT": "9000"})
    assert own.public_url == "http://127.0.0.1:9000"
    told = Settings.from_environment({"LANEDESK_WEB_PORT": "9000", "LANEDESK_URL": "https://desk"})
    assert told.public_url == "https://desk"
    assert Settings.from_environment({}).public_url == Settings().public_url
