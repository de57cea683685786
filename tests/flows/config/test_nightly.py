from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.config.nightly import NightlySettings
from flows.config.settings import SettingsError, load_settings
from flows.orchestration.schedule import moments_due


def test_load_settings_reads_the_tables_of_the_service(tmp_path: Path) -> None:
    file = tmp_path / "jixiao.toml"
    file.write_text(
        '[nightly]\ncron = "15 3 * * *"\noverlap = "skip"\n[alerts]\non = ["failed"]\n[prefect]\nport = 4300\n'
    )
    settings = load_settings(file)
    assert (settings.nightly.cron, settings.nightly.overlap, settings.nightly.timezone) == (
        "15 3 * * *",
        "skip",
        "Asia/Shanghai",
    )
    assert (settings.alerts.on, settings.prefect.port, settings.prefect.keep_days) == (("failed",), 4300, 90)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[nightly]\ntimezone = "Asia/Nowhere"', "nightly.timezone: .* IANA"),
        ('[nightly]\noverlap = "both"', "nightly.overlap"),
        ("[nightly]\ncorn = 1", "nightly.corn"),
        ('[alerts]\nwebhook = "example.org"', "alerts.webhook: .* https://"),
        ('[alerts]\non = ["sometimes"]', r"alerts.on.0"),
        ("[prefect]\nkeep_days = 0", "prefect.keep_days"),
    ],
)
def test_load_settings_with_a_wrong_value_names_it(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "jixiao.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings(file)


def test_webhook_from_the_environment_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_ALERTS__WEBHOOK", "https://example.org/hook/secret-key")
    alerts = load_settings().alerts
    assert alerts.webhook is not None
    assert alerts.webhook.get_secret_value().endswith("secret-key")
    assert "secret-key" not in repr(alerts)


@pytest.mark.parametrize(
    ("after", "at", "due"),
    [
        ("2026-01-30 18:00", "2026-01-31 17:59", None),
        ("2026-01-30 17:59", "2026-01-31 17:59", "2026-01-30 18:00"),
        ("2026-01-20 18:00", "2026-01-31 17:59", "2026-01-30 18:00"),
    ],
)
def test_moments_due_end_with_the_newest_of_the_nights_that_were_missed(after: str, at: str, due: str | None) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    settings = NightlySettings()
    found = max(moments_due(settings.cron, settings.timezone, after=moment(after), at=moment(at)), default=None)
    assert found == (moment(due) if due else None)
