"""The file of sources, `sources.toml`: where PDFs come from, and how politely they are fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from flows import package_version
from flows.config.addresses import require_no_secret, without_secrets
from flows.config.entries import read_entries
from flows.config.settings import DEFAULT_SOURCES, Settings, SettingsError
from flows.config.validation import problems_of

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_RANGE: Final = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MOST_IN_RANGE: Final = 10_000


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a valid regular expression: {error}") from None
    return value


def _address(value: str) -> str:
    if not re.match(r"(?i)https?://[^/\s?#]", value):
        found = without_secrets(value)
        raise ValueError(f"must be a web address that begins with http:// or https://, found {found!r}")
    return require_no_secret(value)


def _prefix(value: str) -> str:
    if not re.match(r"s3://[^/\s]+", value):
        raise ValueError(f"must be written as s3://bucket/prefix, found {without_secrets(value)!r}")
    return require_no_secret(value)


Pattern = Annotated[str, AfterValidator(_pattern)]
Address = Annotated[str, AfterValidator(_address)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Source(BaseModel):
    """One `[[source]]` of the file, or a path or address given to a run (its name is empty)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str] = ""

    name: str = Field(
        default="",
        pattern=r"^[\w.-]*$",
        max_length=60,
        description="its name in commands and tables: letters (also Chinese), digits, `.`, `_`, `-`; needed",
    )
    region: Text | None = Field(default=None, description="region that its forms are about, such as 湖北省")
    default_department: Text | None = Field(
        default=None, description="department of its forms; given beside, never in place of, the printed one"
    )
    expected_days: int | None = Field(
        default=None, ge=1, description="something new is expected at least every so many days; else it is overdue"
    )
    shrink_pct: int = Field(
        default=20,
        ge=1,
        le=100,
        description="it shrinks when it lists fewer by more than this than in the last 30 days",
    )
    max_mb: int = Field(default=200, ge=1, description="largest file that is taken, in MB")
    max_unpacked_mb: int = Field(default=4000, ge=1, description="most that a ZIP archive may hold, in MB")
    max_members: int = Field(default=20_000, ge=1, description="most files that a ZIP archive may hold")

    @property
    def label(self) -> str:
        """Its name, or the path or address that was given in its place."""
        given = (getattr(self, key, None) for key in ("paths", "urls", "pages", "prefixes"))
        return self.name or next((values[0] for values in given if values), "")


class FilesSource(Source):
    """Files, folders with all below them, and globs."""

    kind: ClassVar[str] = "files"
    paths: list[Text] = Field(
        min_length=1, description="files, folders (all `*.pdf` and `*.zip` below), globs; from the folder of the file"
    )
    follow_links: bool = Field(
        default=False, description="also take what links in its folders lead to outside of them; else that is reported"
    )


class RemoteSource(Source):
    """What a web address and an object store have in common."""

    retries: int = Field(default=4, ge=0, le=20, description="how often it is tried again when it fails and may heal")
    min_interval_hours: float = Field(
        default=0, ge=0, description="a known file is not asked for again sooner than this; 0: every run asks"
    )
    max_minutes: float = Field(default=10, gt=0, description="longest time for one file, retries included, in minutes")
    stall_seconds: float = Field(default=30, gt=0, description="longest time without a byte, in seconds")


class WebSource(RemoteSource):
    """What lists of addresses and index pages have in common."""

    hosts: list[Text] = Field(
        default=[],
        description="further hosts that links and redirects may lead to, such as `files.example.gov.cn` or "
        "`*.example.gov.cn`; those of its own addresses are known",
    )
    private_network: bool = Field(
        default=False, description="its host names may lead to addresses of a private network or of this machine"
    )
    requests_per_second: float = Field(default=1, gt=0, le=100, description="most requests to one host")
    give_up_minutes: float = Field(
        default=30,
        gt=0,
        description="a run asks a host no more once its addresses that fail took so long one after the other, or four "
        "times so long in all, in minutes",
    )
    host_minutes: float = Field(
        default=180,
        gt=0,
        description="longest time that a run asks one host, in minutes; what it did not get to is left to the next run",
    )
    user_agent: Text = Field(
        default_factory=lambda: f"jixiao/{package_version()}", description="what it says of itself to the server"
    )
    robots: bool = Field(default=True, description="keep to the host's robots.txt")
    max_redirects: int = Field(default=5, ge=0, le=20, description="most redirects that are followed")
    user_env: Variable | None = Field(default=None, description="environment variable that holds the user name")
    password_env: Variable | None = Field(default=None, description="environment variable that holds the password")
    token_env: Variable | None = Field(
        default=None, description="environment variable that holds a bearer token, in place of user and password"
    )

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("user_env and password_env belong together: give both or none")
        if self.token_env and self.user_env:
            raise ValueError("give token_env, or user_env and password_env, not both")
        return self

    def addresses(self) -> list[str]:
        """Return the web addresses that the file itself names."""
        raise NotImplementedError


class UrlsSource(WebSource):
    """A list of addresses of PDFs or ZIP archives."""

    kind: ClassVar[str] = "urls"
    urls: list[Address] = Field(
        default=[], description="addresses of PDFs or ZIP archives; `{1..20}` stands for each number"
    )
    urls_from: Text | None = Field(
        default=None, description="text file with one address a line (`#` begins a remark), beside those of urls"
    )

    @model_validator(mode="after")
    def _has_urls(self) -> Self:
        if not self.urls and not self.urls_from:
            raise ValueError("names no address: give urls or urls_from")
        return self

    def addresses(self) -> list[str]:
        """Return the addresses, ranges written out."""
        return [one for url in self.urls for one in _written_out(url)]


class IndexSource(WebSource):
    """Index pages whose links to PDFs and ZIP archives are followed."""

    kind: ClassVar[str] = "index"
    pages: list[Address] = Field(min_length=1, description="addresses of the pages; `{1..20}` stands for each number")
    links: Pattern = Field(
        default=r"(?i)\.(pdf|zip)([?#]|$)",
        description="regular expression for the addresses of links that are taken, percent signs decoded",
    )
    depth: int = Field(
        default=1, ge=1, le=10, description="1: links of the pages themselves; 2: also of the pages they link to; ..."
    )
    follow: Pattern = Field(
        default=r"(?i)(/|\.(s?html?|jspx?|aspx?|php))([?#]|$)",
        description="regular expression for the addresses of pages that are followed where depth is 2 or more",
    )
    max_pages: int = Field(default=500, ge=1, description="most pages that are looked at in a run")

    def addresses(self) -> list[str]:
        """Return the addresses of the pages, ranges written out."""
        return [one for page in self.pages for one in _written_out(page)]


class S3Source(RemoteSource):
    """What lies under prefixes of an S3 object store."""

    kind: ClassVar[str] = "s3"
    prefixes: list[Prefix] = Field(min_length=1, description="`s3://bucket/prefix`, or one object")
    keys: Pattern = Field(
        default=r"(?i)\.(pdf|zip)$", description="regular expression for the keys of objects that are taken"
    )
    endpoint: Address | None = Field(
        default=None, description="address of the server, where it is not Amazon's; else `AWS_ENDPOINT_URL`"
    )
    aws_region: Text | None = Field(default=None, description="region of the bucket; else `AWS_REGION`")
    access_key_env: Variable | None = Field(
        default=None, description="environment variable that holds the access key; else `AWS_ACCESS_KEY_ID`"
    )
    secret_key_env: Variable | None = Field(
        default=None, description="environment variable that holds the secret key; else `AWS_SECRET_ACCESS_KEY`"
    )
    anonymous: bool = Field(default=False, description="the bucket is open to all: send no credentials")

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if (self.access_key_env is None) != (self.secret_key_env is None):
            raise ValueError("access_key_env and secret_key_env belong together: give both or none")
        if self.anonymous and self.access_key_env:
            raise ValueError("anonymous sends no credentials: take access_key_env and secret_key_env out")
        return self


KINDS: Final[dict[str, type[Source]]] = {kind.kind: kind for kind in (FilesSource, UrlsSource, IndexSource, S3Source)}


def load_sources(path: Path | None) -> list[Source]:
    """Read the file of sources.

    Args:
        path: The TOML file; None: there is none.

    Returns:
        The sources in their order; relative paths are made absolute from the file's folder.

    Raises:
        SettingsError: The file is missing or not TOML, or a source is not valid; one line for each problem, with the
            source, the key, what stands there and what is expected.
    """
    if path is None:
        return []
    found: list[Source] = []
    problems: list[str] = []
    for number, entry in enumerate(read_entries(path, "source"), 1):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        place = f"source {number}" + (f" ({name})" if isinstance(name, str) and name else "")
        found_or_problems = _parse(entry, path.absolute().parent)
        if isinstance(found_or_problems, Source):
            found.append(found_or_problems)
        else:
            problems += [f"{place}: {problem}" for problem in found_or_problems]
    names = [source.name for source in found]
    problems += [
        f"name {name!r} is given to more than one source: rename one" for name in names if names.count(name) > 1
    ]
    if problems:
        raise SettingsError("\n".join(f"sources file {path}: {problem}" for problem in dict.fromkeys(problems)))
    return found


def sources_of(settings: Settings, wanted: Sequence[str], region: str | None = None) -> list[Source]:
    """Choose among the sources of the settings' file; see `choose`.

    Raises:
        SettingsError: As `load_sources` and `choose`; where nothing is wanted and there is no file, the message says
            where it was looked for.
    """
    if not wanted and settings.sources is None:
        folder = settings.file.parent if settings.file else Path()
        raise SettingsError(
            f"nothing to take in: there is no file of sources at {(folder / DEFAULT_SOURCES).absolute()}. Describe "
            f"your sources there (`jixiao sources --example > {DEFAULT_SOURCES}` makes one to begin with), set "
            "`sources` in jixiao.toml to another file, or name files, folders or addresses: `jixiao ingest FOLDER`"
        )
    sources = load_sources(settings.sources)
    if not wanted and not sources:
        raise SettingsError(
            f"nothing to take in: the file of sources {settings.sources} has no entry. Add [[source]] "
            "(`jixiao sources --example` shows how), or name files, folders or addresses"
        )
    return choose(sources, wanted, region)


def choose(sources: Sequence[Source], wanted: Sequence[str], region: str | None = None) -> list[Source]:
    """Choose sources by name; what is not a name is a path or an address, with the default politeness.

    Args:
        sources: Those of the file.
        wanted: Names, paths, globs, `http(s)://` and `s3://` addresses; none: all sources of the file.
        region: Region of the paths and addresses.

    Raises:
        SettingsError: An address cannot be right, or a region is given for sources of the file.

    Example:
        >>> [source.kind for source in choose([], ["https://example.gov.cn/list.html", "reports/"])]
        ['index', 'files']
    """
    by_name = {source.name: source for source in sources}
    try:
        chosen = [by_name.get(one) or _given(one) for one in dict.fromkeys(wanted)] if wanted else list(sources)
        if region is None:
            return chosen
        if named := [source.name for source in chosen if source.name]:
            raise SettingsError(f"--region is for paths and addresses: the region of {named[0]} stands in sources.toml")
        return [source.model_copy(update={"region": region}) for source in chosen]
    except ValidationError as error:
        raise SettingsError("; ".join(problems_of(error, "a source"))) from None


def _given(wanted: str) -> Source:
    scheme = wanted.partition("://")[0].lower() if "://" in wanted else ""
    if scheme in ("http", "https"):
        is_file = re.search(r"(?i)\.(pdf|zip)([?#]|$)", wanted)
        return UrlsSource(urls=[wanted]) if is_file else IndexSource(pages=[wanted])
    if scheme == "s3":
        return S3Source(prefixes=[wanted])
    return FilesSource(paths=[wanted])


def _parse(entry: object, folder: Path) -> Source | list[str]:
    if not isinstance(entry, Mapping):
        return ["a table of keys is expected: write [[source]]"]
    rest = dict(entry)
    kind = rest.pop("kind", None)
    if kind not in KINDS:
        return [f"kind: expected one of {', '.join(KINDS)}, found {kind!r}"]
    source_type = KINDS[kind]
    problems = [] if rest.get("name") else ["name is missing: add it"]
    try:
        source = source_type.model_validate(rest)
    except ValidationError as error:
        return problems + problems_of(error, "this kind of source", described_by=source_type)
    if problems:
        return problems
    if isinstance(source, FilesSource):
        return source.model_copy(update={"paths": [str(folder / Path(p).expanduser()) for p in source.paths]})
    if isinstance(source, UrlsSource) and source.urls_from:
        return _with_listed_urls(source, folder / Path(source.urls_from).expanduser())
    return source


def _with_listed_urls(source: UrlsSource, path: Path) -> Source | list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        return [f"urls_from: {path} cannot be read as text in UTF-8 ({getattr(error, 'strerror', None) or error})"]
    urls = []
    problems = []
    for number, line in enumerate(lines, 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        try:
            urls.append(_address(said))
        except ValueError as error:
            problems.append(f"urls_from: {path}, line {number}: {error}")
    return problems or source.model_copy(update={"urls": [*source.urls, *urls]})


def _written_out(address: str) -> list[str]:
    """Write out the number ranges of an address.

    Example:
        >>> _written_out("https://x/index_{1..3}.html")
        ['https://x/index_1.html', 'https://x/index_2.html', 'https://x/index_3.html']
    """
    found = _RANGE.search(address)
    if not found:
        return [address]
    first, last = int(found[1]), int(found[2])
    width = len(found[1]) if found[1].startswith("0") else 0
    numbers = range(first, min(last, first + _MOST_IN_RANGE - 1) + 1)
    return [
        one
        for number in numbers
        for one in _written_out(f"{address[: found.start()]}{number:0{width}d}{address[found.end() :]}")
    ]
