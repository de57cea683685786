"""The settings of the nightly service: the tables `[nightly]`, `[prefect]` and `[alerts]` of `jixiao.toml`."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

AlertEvent = Literal["completed", "incomplete", "failed", "crashed", "cancelled"]
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


class PrefectSettings(_Table):
    """The Prefect server that jixiao starts where none is configured."""

    port: int = Field(default=4200, ge=1, le=65535, description="where `jixiao serve` shows the Prefect UI (loopback)")
    keep_days: int = Field(default=90, ge=1, description="older flow runs are deleted from Prefect's own database")


class AlertSettings(_Table):
    """Who is notified when a served run ends. The run's log always has the message; these receive it as well."""

    on: tuple[AlertEvent, ...] = Field(
        default=("incomplete", "failed", "crashed"),
        description="incomplete: it finished, but some sources or documents could not be taken or read",
    )
    command: tuple[str, ...] = Field(
        default=(), description="program and arguments; the message comes on stdin, JIXIAO_ALERT_* in the environment"
    )
    webhook: Annotated[SecretStr, AfterValidator(_address)] | None = Field(
        default=None, description="address that the message is posted to; keep it in JIXIAO_ALERTS__WEBHOOK"
    )
    webhook_format: WebhookFormat = Field(default="json", description="the JSON that the receiver expects")
    timeout_seconds: float = Field(default=20, gt=0, description="how long command and webhook may take")
