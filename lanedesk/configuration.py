"""The settings of a process: the environment, completed with what the data folder holds."""

import os
import re
import secrets
from dataclasses import replace
from pathlib import Path
from zoneinfo import available_timezones

from desk.settings import Settings, SettingsError
from desk.web.assets import contrast
from lanedesk.private_redis import running_url

LOCALES = ("zh_CN", "en")
SHORTEST_SECRET = 16  # characters
LEAST_CONTRAST = 3  # of what is no text: marks, lines, buttons (WCAG 2.2, 1.4.11)


def load_settings() -> Settings:
    """The settings of this process: the environment, and what the data folder completes them with.

    Side effects: makes the data folder, and in it the secret when none was given. Raises SettingsError.
    """
    settings = Settings.from_environment()
    check_settings(settings)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = settings.secret_key or kept_secret(settings.data_dir)
    except OSError as error:
        raise SettingsError(f"LANEDESK_DATA {settings.data_dir}: {error.strerror}") from error
    redis_url = settings.redis_url or running_url(settings.data_dir) or ""
    return replace(settings, secret_key=secret, redis_url=redis_url)


def check_settings(settings: Settings) -> None:
    """Raises SettingsError for a value that can be read but not used."""
    host, _, port = settings.smtp_listen.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"LANEDESK_SMTP_LISTEN must be host:port, not {settings.smtp_listen!r}")
    if settings.timezone not in available_timezones():
        raise SettingsError(f"LANEDESK_TIMEZONE: there is no zone {settings.timezone!r}")
    if settings.locale not in LOCALES:
        raise SettingsError(
            f"LANEDESK_LOCALE must be one of {', '.join(LOCALES)}, not {settings.locale!r}"
        )
    _check_colour(settings.brand_color)
    if settings.secret_key and len(settings.secret_key) < SHORTEST_SECRET:
        raise SettingsError(f"LANEDESK_SECRET must have {SHORTEST_SECRET} characters or more")


def _check_colour(colour: str) -> None:
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) is None:
        raise SettingsError(
            f"LANEDESK_BRAND_COLOR must be #rrggbb, such as #0f766e, not {colour!r}"
        )
    seen = contrast(colour, "#ffffff")
    if seen < LEAST_CONTRAST:
        raise SettingsError(
            f"LANEDESK_BRAND_COLOR {colour} is too pale to be seen on white: its contrast is {seen:.1f} to 1, "
            f"{LEAST_CONTRAST} to 1 is needed; choose a darker one"
        )


def kept_secret(data_dir: Path) -> str:
    """The secret in the data folder; made at the first call. Of two processes that make it at once, one wins."""
    path = data_dir / "secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    secret = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret
