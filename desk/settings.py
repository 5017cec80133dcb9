"""Settings by environment: one table, read once, refused in words when wrong.

`docs/settings.md` is written from this table (`lanedesk settings`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A setting cannot be used; `str()` is one line naming the variable and what it should be."""


def setting(variable: str, default: Any, help_text: str) -> Any:
    """A dataclass field read from the environment variable `variable`."""
    return field(default=default, metadata={"variable": variable, "help": help_text})


@dataclass(frozen=True)
class Settings:
    """What differs between one installation and the next."""

    data_dir: Path = setting("LANEDESK_DATA", Path("var"), "Folder for the embedded database, files and logs")
    database_url: str = setting("DATABASE_URL", "", "PostgreSQL or SQLite address; empty: SQLite in the data folder")
    redis_url: str = setting("REDIS_URL", "", "Redis address; empty: a private Redis is started in the data folder")
    secret_key: str = setting("LANEDESK_SECRET", "", "Signs sessions, links and reply tokens; empty: made once in the data folder")
    public_url: str = setting("LANEDESK_URL", "http://127.0.0.1:8080", "The address people reach this desk at; not set: 127.0.0.1 and the web port")
    bind: str = setting("LANEDESK_BIND", "127.0.0.1", "Address the web and events processes listen on")
    web_port: int = setting("LANEDESK_WEB_PORT", 8080, "Port of the web process")
    events_port: int = setting("LANEDESK_EVENTS_PORT", 8081, "Port of the live-events process")
    trusted_proxies: int = setting("LANEDESK_PROXIES", 0, "How many reverse proxies stand in front (X-Forwarded-*)")
    company: str = setting("LANEDESK_COMPANY", "Lanedesk", "Name shown to customers")
    brand_color: str = setting("LANEDESK_BRAND_COLOR", "#0f766e", "Colour of the customers' pages")
    locale: str = setting("LANEDESK_LOCALE", "zh_CN", "First language: zh_CN or en")
    timezone: str = setting("LANEDESK_TIMEZONE", "Asia/Shanghai", "Zone of dates, numbers and working time")
    log_format: str = setting("LANEDESK_LOG", "console", "console or json")
    workers: int = setting("LANEDESK_WEB_THREADS", 8, "Threads of the web process")
    ticket_reopen_days: int = setting("LANEDESK_REOPEN_DAYS", 7, "Days in which a customer's answer reopens an ended ticket")
    tracking_days: int = setting("LANEDESK_TRACKING_DAYS", 180, "Days a tracking link stays valid")
    upload_limit_mb: int = setting("LANEDESK_UPLOAD_LIMIT_MB", 25, "Largest file a person may upload or mail, in MB")
    storage_url: str = setting("LANEDESK_STORAGE", "", "s3://bucket/prefix for files; empty: the data folder")
    smtp_listen: str = setting("LANEDESK_SMTP_LISTEN", "127.0.0.1:2525", "host:port of the mail listener")
    lmtp: bool = setting("LANEDESK_LMTP", False, "Speak LMTP instead of SMTP on the mail listener")
    mail_address: str = setting("LANEDESK_MAIL_ADDRESS", "desk@localhost", "Address that sends and receives for the desk")
    smtp_url: str = setting("LANEDESK_SMTP_URL", "", "smtp://user:password@host:port (or smtps://) for outgoing mail; empty: kept in the data folder's outbox")
    imap_url: str = setting("LANEDESK_IMAP_URL", "", "imaps://user:password@host/INBOX to poll; empty: none")
    imap_seconds: int = setting("LANEDESK_IMAP_SECONDS", 60, "Seconds between two looks into the IMAP box")
    mail_size_limit_mb: int = setting("LANEDESK_MAIL_LIMIT_MB", 35, "Largest whole mail that is accepted, in MB")
    audit_key: str = setting("LANEDESK_AUDIT_KEY", "", "File with an Ed25519 private key (PEM) that signs daily roots and archives; empty: not signed")
    audit_roots: str = setting("LANEDESK_AUDIT_ROOTS", "", "Folder, best on another machine, in which a copy of every daily root is kept; empty: none")
    private_hosts: str = setting("LANEDESK_PRIVATE_HOSTS", "", "Hosts with private addresses that external targets may name, joined by commas; empty: none")
    mail_rate_per_hour: int = setting("LANEDESK_MAIL_RATE", 20, "Automatic answers one sender may cause in an hour")

    @property
    def database(self) -> str:
        """The database address that is used."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'lanedesk.db'}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read all settings; raises SettingsError naming the variable that cannot be used."""
        environment = os.environ if environment is None else environment
        values = {
            f.name: _convert(f.metadata["variable"], environment[f.metadata["variable"]], f.default)
            for f in fields(cls)
            if environment.get(f.metadata["variable"], "") != ""
        }
        if "public_url" not in values:  # no proxy: people come to the web process itself
            values["public_url"] = f"http://127.0.0.1:{values.get('web_port', cls.web_port)}"
        return cls(**values)


def _convert(variable: str, raw: str, default: Any) -> Any:
    if isinstance(default, bool):
        lowered = raw.strip().lower()
        if lowered not in ("0", "1", "true", "false", "yes", "no"):
            raise SettingsError(f"{variable} must be true or false, not {raw!r}")
        return lowered in ("1", "true", "yes")
    if isinstance(default, int):
        if not raw.strip().isdigit():
            raise SettingsError(f"{variable} must be a whole number, not {raw!r}")
        return int(raw)
    if isinstance(default, Path):
        return Path(raw)
    return raw
