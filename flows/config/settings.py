"""What a run may be set to do: by option, by environment, by `jixiao.toml`, in that order of strength."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as NotJson

from expectations.settings import RuleSettings, exact
from flows.config.choices import Feed, Language, Runner
from flows.config.nightly import (
    AlertSettings,
    MonitoringSettings,
    NightlySettings,
    PrefectSettings,
    UpkeepSettings,
    off,
)
from flows.config.validation import problems_of

DEFAULT_FILE: Final = "jixiao.toml"
_PREFIX: Final = "JIXIAO_"
_OTHERS: Final = ("ALERT_", "TEST_", "REGENERATE_")
"""What follows the prefix in variables that are not settings: those of alert commands and of the tests."""
DEFAULT_CORRECTIONS: Final = "corrections.toml"
DEFAULT_SOURCES: Final = "sources.toml"


class SettingsError(ValueError):
    """A setting cannot be used; the message names it, what stands there and what is expected."""


class DocumentLimits(BaseModel):
    """What reading one document may take; one that takes more fails alone, with its reason.

    Such a document is read once more by the next run that is given it, and then only when the limit or the reader is
    another.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    document_seconds: Annotated[float | None, BeforeValidator(off)] = Field(
        default=300, gt=0, description='seconds; "none": no limit. A scanned page takes about 3 s'
    )
    page_seconds: Annotated[float | None, BeforeValidator(off)] = Field(
        default=60,
        ge=1,
        description='processor time of one page, in seconds; "none": no limit. A scanned one takes 3 to 6',
    )
    document_memory_mb: Annotated[int | None, BeforeValidator(off)] = Field(
        default=3000, ge=200, description='memory of the process that reads it, in MB; "none": no limit'
    )
    document_pages: Annotated[int | None, BeforeValidator(off)] = Field(
        default=5000, ge=1, description='pages; "none": no limit'
    )
    document_scans: Annotated[int | None, BeforeValidator(off)] = Field(
        default=300, ge=1, description='scanned pages with a table that are recognised; "none": no limit'
    )
    page_objects: Annotated[int | None, BeforeValidator(off)] = Field(
        default=1_000_000, ge=1, description='texts, paths and images that one page draws; "none": no limit'
    )
    page_characters: Annotated[int | None, BeforeValidator(off)] = Field(
        default=200_000, ge=1, description='characters of one page; "none": no limit'
    )
    page_pixels: Annotated[int | None, BeforeValidator(off)] = Field(
        default=500_000_000,
        ge=1,
        description='pixels of the images of one page, as they are stored; "none": no limit. A scan has ten million',
    )
    page_cells: Annotated[int | None, BeforeValidator(off)] = Field(
        default=100_000, ge=1, description='boxes of the grid that the lines of one page make; "none": no limit'
    )
    witness_pct: int = Field(
        default=20,
        ge=0,
        le=100,
        description="documents in a hundred whose figures are compared with the picture of the page; pages with text "
        "that no one sees always are",
    )
    run_scans: Annotated[int | None, BeforeValidator(off)] = Field(
        default=10_000, ge=1, description='scanned pages that a run recognises; the next run goes on; "none": no limit'
    )


class Settings(BaseSettings):
    """Settings of a run.

    An option on the command line beats `JIXIAO_<NAME>` in the environment, which beats the file `jixiao.toml`, which
    beats the default. Unknown names in the file are errors, so that a misspelt threshold is never ignored.

    Example:
        >>> load_settings(workers=2).workers
        2
    """

    model_config = SettingsConfigDict(env_prefix="JIXIAO_", env_nested_delimiter="__", extra="forbid", frozen=True)
    file: ClassVar[Path | None] = None

    warehouse: str = Field(default="./data", min_length=1, description="folder of the archive, ledger and releases")
    require_existing: bool = Field(
        default=False,
        description="refuse to begin where there is no warehouse yet, instead of making one: for what a timer starts "
        "while a disk may not be mounted",
    )
    feed: Feed = Field(
        default=Feed.pdfium, description="what reads characters and lines: pdfium, or pdfplumber (slower)"
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=0,
        description="processes that read PDFs; 0 reads in the main process, for debugging",
    )
    runner: Runner = Field(
        default=Runner.local, description="where documents are read, derived and checked: here, or on a Dask cluster"
    )
    address: str | None = Field(default=None, description="the Dask scheduler, such as tcp://10.0.0.5:8786")
    corrections: Path | None = Field(
        default=None, description="file of corrections; not set: corrections.toml beside the settings file, if any"
    )
    sources: Path | None = Field(
        default=None, description="file of sources; not set: sources.toml beside the settings file, if any"
    )
    language: Language | None = Field(
        default=None, description="language of what commands print and write: `en` or `zh`; not set: as LANG says"
    )
    batch: int | None = Field(default=None, ge=1, description="documents per batch; not set: chosen by their number")
    limits: DocumentLimits = Field(default_factory=DocumentLimits, description="what one document may take")
    rules: Annotated[RuleSettings, BeforeValidator(exact)] = Field(
        default_factory=RuleSettings, description="thresholds and severities of the rules"
    )
    nightly: NightlySettings = Field(default_factory=NightlySettings, description="the schedule of `jixiao serve`")
    upkeep: UpkeepSettings = Field(
        default_factory=UpkeepSettings, description="when `jixiao serve` keeps the ledger small"
    )
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="who is informed how a served run ended")
    prefect: PrefectSettings = Field(
        default_factory=PrefectSettings, description="the Prefect server that jixiao starts"
    )
    monitoring: MonitoringSettings = Field(
        default_factory=MonitoringSettings, description="what watches over `jixiao serve`"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources; `.env` files and secret folders are not read."""
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, cls.file)) if cls.file else sources


def _require_known_variables() -> None:
    """Refuse a variable that looks like a setting and is not one: a misspelt one would be ignored in silence.

    Raises:
        SettingsError: The message names it, and the setting that it resembles.
    """
    known = {name.upper() for name in Settings.model_fields} | {"CONFIG"}
    for variable in sorted(os.environ):
        name = variable.removeprefix(_PREFIX).partition("__")[0]
        if not variable.startswith(_PREFIX) or name in known or name.startswith(_OTHERS):
            continue
        similar = get_close_matches(name, sorted(known), 1)
        meant = f", or did you mean {_PREFIX}{similar[0]}?" if similar else ""
        raise SettingsError(f"environment variable {variable} is not a setting: unset it{meant}")


def load_settings(config: Path | None = None, **options: Any) -> Settings:
    """Read the settings; an option that is None counts as not given.

    Args:
        config: The TOML file; by default `JIXIAO_CONFIG`, else `jixiao.toml` here when there is one.
        options: Fields of `Settings` given on the command line.

    Raises:
        SettingsError: The file is missing or is not TOML, or a value is not allowed; one line for each problem.
    """
    _require_known_variables()
    given = config or (Path(env) if (env := os.environ.get("JIXIAO_CONFIG")) else None)
    if given is not None and not given.is_file():
        raise SettingsError(f"settings file {given}: there is no such file")
    file = given or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    settings_type = type("Settings", (Settings,), {"file": file, "__module__": __name__, "__annotations__": {}})
    try:
        loaded: Settings = settings_type(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        where = f" (from options, JIXIAO_* and {file})" if file else " (from options and JIXIAO_*)"
        lines = [f"setting {problem}" for problem in problems_of(error, "the settings")]
        raise SettingsError("\n".join(lines) + where) from None
    except NotJson as error:
        raise SettingsError(_not_json(str(error))) from None
    except ValueError as error:
        raise SettingsError(f"settings file {file}: {error}") from None
    folder = file.parent if file else Path()
    for name, default in (("corrections", DEFAULT_CORRECTIONS), ("sources", DEFAULT_SOURCES)):
        if getattr(loaded, name) is None and (folder / default).is_file():
            loaded = loaded.model_copy(update={name: folder / default})
    if loaded.rules.severities:
        from expectations.catalogue import verify

        try:
            verify(loaded.rules)
        except ValueError as error:
            raise SettingsError(str(error)) from None
    return loaded


def _not_json(message: str) -> str:
    """Name the variable whose value should be JSON; pydantic-settings names only the field."""
    field = re.search(r'field "(\w+)"', message)
    name = f"{_PREFIX}{field[1].upper()}" if field else f"one of {_PREFIX}*"
    return f"environment variable {name}: expected a list or a table, written as JSON"


def now() -> datetime:
    """Return the present moment, UTC; `SOURCE_DATE_EPOCH` (seconds since 1970) fixes it for reproducible runs.

    Raises:
        SettingsError: `SOURCE_DATE_EPOCH` is not a whole number.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    if not epoch.isdecimal():
        raise SettingsError(f"SOURCE_DATE_EPOCH: expected seconds since 1970 as a whole number, found {epoch!r}")
    return datetime.fromtimestamp(int(epoch), UTC)
