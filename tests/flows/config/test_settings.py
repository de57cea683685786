from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from flows.config.settings import SettingsError, load_settings, now


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("WAREHOUSE", "FEED", "WORKERS", "BATCH", "CONFIG"):
        monkeypatch.delenv(f"JIXIAO_{name}", raising=False)


def test_load_settings_nothing_given_takes_defaults() -> None:
    settings = load_settings()
    assert (settings.warehouse, settings.feed) == ("./data", "pdfium")
    assert settings.workers >= 1


def test_load_settings_option_beats_environment_beats_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("jixiao.toml").write_text('warehouse = "from-file"\nfeed = "pdfplumber"\nworkers = 3\n')
    monkeypatch.setenv("JIXIAO_WAREHOUSE", "from-environment")
    monkeypatch.setenv("JIXIAO_WORKERS", "5")
    settings = load_settings(workers=7, warehouse=None)
    assert (settings.warehouse, settings.workers, settings.feed) == ("from-environment", 7, "pdfplumber")


def test_load_settings_rules_of_the_file_are_exact() -> None:
    Path("other.toml").write_text("[rules]\nreason_below_pct = 85.1\n")
    assert load_settings(Path("other.toml")).rules.reason_below_pct == Decimal("85.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wharehouse = 'x'", "wharehouse"),
        ("workers = -1", "workers"),
        ("feed = 'acrobat'", "feed"),
        ("[rules]\nreason_bellow_pct = 1", "reason_bellow_pct"),
        ("warehouse = ", "jixiao.toml"),
    ],
)
def test_load_settings_wrong_file_names_the_problem(text: str, message: str) -> None:
    Path("jixiao.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings()


def test_load_settings_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_CONFIG", "gone.toml")
    with pytest.raises(SettingsError, match=r"gone\.toml: there is no such file"):
        load_settings()


def test_now_source_date_epoch_fixes_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(SettingsError, match="yesterday"):
        now()


def test_load_settings_misspelt_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_WAREHOSE", "elsewhere")
    with pytest.raises(SettingsError, match=r"JIXIAO_WAREHOSE is not a setting: .* JIXIAO_WAREHOUSE"):
        load_settings()
