"""Settings by environment: one table, read once, refused in words when wrong.

`docs/settings.md` and its Chinese twin are written from this table (`lanedesk settings`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.operators import Text


class SettingsError(Exception):
    """A setting cannot be used; `str()` is one line naming the variable and what it should be."""


def setting(variable: str, default: Any, en: str, zh: str) -> Any:
    """A dataclass field read from the environment variable `variable`, with what it is in both languages."""
    return field(default=default, metadata={"variable": variable, "help": Text(en, zh)})


@dataclass(frozen=True)
class Settings:
    """What differs between one installation and the next."""

    data_dir: Path = setting("LANEDESK_DATA", Path("var"), "Folder for the embedded database, files and logs", "自带数据库、文件和日志所在的文件夹")
    database_url: str = setting("DATABASE_URL", "", "PostgreSQL or SQLite address; empty: SQLite in the data folder", "PostgreSQL 或 SQLite 地址；留空则使用数据文件夹中的 SQLite")
    redis_url: str = setting("REDIS_URL", "", "Redis address; empty: a private Redis is started in the data folder", "Redis 地址；留空则在数据文件夹中启动私有 Redis")
    secret_key: str = setting("LANEDESK_SECRET", "", "Signs sessions, links and reply tokens; empty: made once in the data folder", "用于签名会话、链接和回复标记；留空则在数据文件夹中生成一次")
    public_url: str = setting("LANEDESK_URL", "http://127.0.0.1:8080", "The address people reach this desk at; not set: 127.0.0.1 and the web port", "人们访问服务台的网址；未设置时为 127.0.0.1 加网页端口")
    bind: str = setting("LANEDESK_BIND", "127.0.0.1", "Address the web and events processes listen on", "网页和实时事件进程监听的地址")
    web_port: int = setting("LANEDESK_WEB_PORT", 8080, "Port of the web process", "网页进程的端口")
    events_port: int = setting("LANEDESK_EVENTS_PORT", 8081, "Port of the live-events process", "实时事件进程的端口")
    trusted_proxies: int = setting("LANEDESK_PROXIES", 0, "How many reverse proxies stand in front (X-Forwarded-For and -Proto)", "前面有几层反向代理（X-Forwarded-For 和 -Proto）")
    company: str = setting("LANEDESK_COMPANY", "Lanedesk", "Name shown to customers", "向客户显示的名称")
    brand_color: str = setting("LANEDESK_BRAND_COLOR", "#0f766e", "Colour of the customers' pages", "客户页面的颜色")
    locale: str = setting("LANEDESK_LOCALE", "zh_CN", "First language: zh_CN or en", "默认语言：zh_CN 或 en")
    timezone: str = setting("LANEDESK_TIMEZONE", "Asia/Shanghai", "Zone of dates, numbers and working time", "日期、数字和工作时间所用的时区")
    log_format: str = setting("LANEDESK_LOG", "console", "console or json", "日志格式：console 或 json")
    workers: int = setting("LANEDESK_WEB_THREADS", 8, "Threads of the web process", "网页进程的线程数")
    ticket_reopen_days: int = setting("LANEDESK_REOPEN_DAYS", 7, "Days in which a customer's answer reopens an ended ticket", "工单结束后，客户来信可重新打开工单的天数")
    tracking_days: int = setting("LANEDESK_TRACKING_DAYS", 180, "Days a tracking link stays valid", "进度链接的有效天数")
    upload_limit_mb: int = setting("LANEDESK_UPLOAD_LIMIT_MB", 25, "Largest file a person may upload or mail, in MB", "单个上传文件或邮件附件的上限，单位 MB")
    storage_url: str = setting("LANEDESK_STORAGE", "", "s3://bucket/prefix for files; empty: the data folder", "文件存放位置 s3://bucket/prefix；留空则存放在数据文件夹")
    smtp_listen: str = setting("LANEDESK_SMTP_LISTEN", "127.0.0.1:2525", "host:port of the mail listener", "邮件监听地址，格式为 主机:端口")
    lmtp: bool = setting("LANEDESK_LMTP", False, "Speak LMTP instead of SMTP on the mail listener", "邮件监听使用 LMTP 而不是 SMTP")
    mail_address: str = setting("LANEDESK_MAIL_ADDRESS", "desk@localhost", "Address that sends and receives for the desk", "服务台收发邮件所用的地址")
    smtp_url: str = setting("LANEDESK_SMTP_URL", "", "smtp://user:password@host:port (or smtps://) for outgoing mail; empty: kept in the data folder's outbox", "发信服务器 smtp://user:password@host:port（或 smtps://）；留空则保存在数据文件夹的 outbox 中")
    imap_url: str = setting("LANEDESK_IMAP_URL", "", "imaps://user:password@host/INBOX to poll; empty: none", "要收取的邮箱 imaps://user:password@host/INBOX；留空则不收取")
    imap_seconds: int = setting("LANEDESK_IMAP_SECONDS", 60, "Seconds between two looks into the IMAP box", "两次收取 IMAP 邮箱的间隔秒数")
    mail_size_limit_mb: int = setting("LANEDESK_MAIL_LIMIT_MB", 35, "Largest whole mail that is accepted, in MB", "可接收的整封邮件上限，单位 MB")
    audit_key: str = setting("LANEDESK_AUDIT_KEY", "", "File with an Ed25519 private key (PEM) that signs daily roots and archives; empty: not signed", "Ed25519 私钥文件（PEM），用于签名每日根哈希和归档；留空则不签名")
    audit_roots: str = setting("LANEDESK_AUDIT_ROOTS", "", "Folder, best on another machine, in which a copy of every daily root is kept; empty: none", "存放每日根哈希副本的文件夹，最好在另一台机器上；留空则不存放")
    private_hosts: str = setting("LANEDESK_PRIVATE_HOSTS", "", "Hosts with private addresses that external targets may name, joined by commas; empty: none", "允许外部目标访问的内网主机，用逗号分隔；留空则不允许")
    mail_rate_per_hour: int = setting("LANEDESK_MAIL_RATE", 20, "Automatic answers one sender may cause in an hour", "同一发件人每小时最多引发的自动邮件数")

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
