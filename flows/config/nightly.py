"""The settings of the nightly service: the tables `[nightly]`, `[upkeep]`, `[prefect]`, `[alerts]`, `[monitoring]`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

AlertEvent = Literal["completed", "incomplete", "failed", "crashed", "cancelled", "skipped", "recovered"]
WebhookFormat = Literal["json", "slack", "feishu", "dingtalk", "wecom"]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone of the IANA list, such as Asia/Shanghai") from None
    return name


def _address(address: SecretStr) -> SecretStr:
    if not address.get_secret_value().startswith(("https://", "http://")):
        raise ValueError("expected an address that begins with https:// or http://")
    return address


_CHINESE_ROBOTS: Final = {"dingtalk": "dingtalk", "feishu": "feishu", "lark": "feishu", "wecombot": "wecom"}


def _receiver(address: SecretStr) -> SecretStr:
    scheme, separator, _ = address.get_secret_value().partition("://")
    if not separator or not scheme:
        raise ValueError("expected an address of apprise, such as mailtos://user:password@example.org")
    if format_ := _CHINESE_ROBOTS.get(scheme.lower()):
        raise ValueError(
            f"{scheme}:// answers 200 also when it refuses a message, which apprise takes for success: "
            f'set the robot\'s own address as alerts.webhook, with webhook_format = "{format_}"'
        )
    return address


def off(value: object) -> object:
    """Read the word none as no value: TOML has no null.

    Example:
        >>> off("none") is None
        True
    """
    return None if value == "none" else value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NightlySettings(_Table):
    """When `jixiao serve` takes the sources in, and what happens when two nights meet.

    Example:
        >>> NightlySettings().cron, NightlySettings().timezone
        ('0 2 * * *', 'Asia/Shanghai')
    """

    cron: str = Field(default="0 2 * * *", description="five fields: minute, hour, day, month, weekday")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Asia/Shanghai", description="time zone of cron, by its IANA name"
    )
    sources: tuple[str, ...] = Field(default=(), description="what is taken in; empty: what `sources.toml` lists")
    overlap: Literal["wait", "skip"] = Field(
        default="wait", description="a night that is due while another is running waits for it, or is left out"
    )
    catch_up: bool = Field(
        default=True, description="at start, run once when nights were missed (not once for each of them)"
    )
    time_limit_minutes: Annotated[float | None, BeforeValidator(off)] = Field(
        default=480, gt=0, description='a run that takes longer is stopped and marked as failed; "none": no limit'
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the schedule."""
        return ZoneInfo(self.timezone)


class UpkeepSettings(_Table):
    """When `jixiao serve` keeps the ledger small, as `jixiao maintain` does; it gives way to nights."""

    cron: Annotated[str | None, BeforeValidator(off)] = Field(
        default="0 12 * * 0", description='five fields, in the time zone of `[nightly]`; "none": never'
    )
    keep_files_days: int = Field(default=7, ge=1, description="replaced files are kept this long for what reads them")
    keep_superseded_days: int = Field(
        default=90, ge=1, description="readings and derivations are kept this long that newer ones have replaced"
    )


class PrefectSettings(_Table):
    """The Prefect server that jixiao starts where none is configured, and how a shared one names this warehouse."""

    port: int = Field(default=4200, ge=1, le=65535, description="where `jixiao serve` shows the Prefect UI (loopback)")
    keep_days: int = Field(default=90, ge=1, description="older flow runs are deleted from Prefect's own database")
    environment: str | None = Field(
        default=None,
        pattern=r"^[^/%\s]{1,60}$",
        description="name of this warehouse on a Prefect server that several share: deployments are "
        "`nightly/<environment>`; not set: `nightly/nightly`",
    )


class AlertSettings(_Table):
    """Who is notified when a served run ends. The run's log always has the message; these receive it as well."""

    on: tuple[AlertEvent, ...] = Field(
        default=("incomplete", "failed", "crashed", "recovered"),
        description="incomplete: it finished, but some sources or documents could not be taken or read; recovered: it "
        "completed after one that did not; skipped: a planned night was left out",
    )
    command: tuple[str, ...] = Field(
        default=(), description="program and arguments; the message comes on stdin, JIXIAO_ALERT_* in the environment"
    )
    webhook: Annotated[SecretStr, AfterValidator(_address)] | None = Field(
        default=None, description="address that the message is posted to; keep it in JIXIAO_ALERTS__WEBHOOK"
    )
    webhook_format: WebhookFormat = Field(default="json", description="the JSON that the receiver expects")
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="secret that a DingTalk or Feishu robot has messages signed with; keep it in "
        "JIXIAO_ALERTS__WEBHOOK_SECRET",
    )
    urls: tuple[Annotated[SecretStr, AfterValidator(_receiver)], ...] = Field(
        default=(),
        description="more receivers, as apprise writes them (mail, Telegram, Teams, ...); keep them in "
        "JIXIAO_ALERTS__URLS",
    )
    timeout_seconds: float = Field(default=20, gt=0, description="how long command and webhook may take")

    @model_validator(mode="after")
    def _is_signed_for_one_that_checks(self) -> Self:
        if self.webhook_secret is not None and self.webhook_format not in ("dingtalk", "feishu"):
            raise ValueError(f"webhook_secret: {self.webhook_format} signs nothing; dingtalk and feishu do")
        return self


class MonitoringSettings(_Table):
    """What watches over `jixiao serve` from outside."""

    log_format: Literal["text", "json"] = Field(
        default="text", description="how `jixiao serve` and its runs write their log; json: one object a line"
    )
    port: Annotated[int | None, BeforeValidator(off)] = Field(
        default=None,
        ge=1,
        le=65535,
        description="where `jixiao serve` answers `/health` (it lives) and `/metrics` (Prometheus); not set: nowhere",
    )
    host: str = Field(default="127.0.0.1", description="address of that port; 0.0.0.0: reachable from other machines")
    min_free_mb: int = Field(
        default=500,
        ge=0,
        description="`jixiao serve` alerts, and `/health` answers 503, when less is free for the warehouse or the data "
        "of Prefect, in MB",
    )
