from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.config.settings import SettingsError, load_settings
from flows.config.sources import (
    FilesSource,
    IndexSource,
    S3Source,
    Source,
    UrlsSource,
    choose,
    load_sources,
    sources_of,
)
from flows.config.sources_reference import example_file


def loaded(tmp_path: Path, text: str) -> list[Source]:
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    return list(load_sources(tmp_path / "sources.toml"))


def refused(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, text)
    prefix = f"sources file {tmp_path / 'sources.toml'}: "
    lines = str(raised.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_load_sources_example_is_valid(tmp_path: Path) -> None:
    (tmp_path / "wuhan-addresses.txt").write_text("# more\n\nhttps://www.example.gov.cn/b.pdf\n")
    files, index, urls, s3 = loaded(tmp_path, example_file())
    assert isinstance(files, FilesSource)
    assert files.paths[0] == str(tmp_path / "inbox")
    assert isinstance(index, IndexSource)
    assert len(index.addresses()) == 21
    assert (index.region, index.default_department) == ("湖北省", "省财政厅")
    assert isinstance(urls, UrlsSource)
    assert urls.addresses()[-1] == "https://www.example.gov.cn/b.pdf"
    assert isinstance(s3, S3Source)


def test_load_sources_without_file_is_empty() -> None:
    assert load_sources(None) == []


SOURCE = '[[source]]\nname = "hubei"\nkind = "index"\npages = ["https://x.gov.cn/"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[source]]\nkind = "files"\npaths = ["a"]', ["source 1: name is missing: add it"]),
        ('[[source]]\nname = "a"\nkind = "ftp"', ["source 1 (a): kind: expected one of files, urls, index, s3"]),
        (
            '[[source]]\nname = "a"\nkind = "files"',
            ["source 1 (a): paths is missing: add it; meaning: files"],
        ),
        ('[[source]]\nname = "a"\nkind = "urls"', ["source 1 (a): names no address: give urls or urls_from"]),
        (
            '[[source]]\nname = "a b"\nkind = "files"\npaths = ["x"]',
            ["source 1 (a b): name: expected a text"],
        ),
        (SOURCE + "dept = 2", ["source 1 (hubei): dept is not a key of this kind of source: remove it"]),
        (
            SOURCE + "depth = 0",
            ["source 1 (hubei): depth: expected at least 1, found 0; "],
        ),
        (SOURCE + "links = '('", ["source 1 (hubei): links: is not a valid regular expression"]),
        (SOURCE + 'user_env = "U"', ["source 1 (hubei): user_env and password_env belong together"]),
        (SOURCE + 'token_env = "a-b"', ["source 1 (hubei): token_env: expected a text of the form"]),
        (SOURCE.replace("https", "ftp"), ["source 1 (hubei): pages.0: must be a web address that begins with http"]),
        (SOURCE + SOURCE, ["name 'hubei' is given to more than one source: rename one"]),
        (
            '[[source]]\nname = "a"\nkind = "s3"\nprefixes = ["bucket"]',
            ["source 1 (a): prefixes.0: must be written"],
        ),
        ("[sources]\na = 1", ["only [[source]] entries are expected, found sources"]),
        ("source = 3", ["only [[source]] entries are expected, found source"]),
        ("source = [3]", ["source 1: a table of keys is expected"]),
        ("[[source", ["is not TOML in UTF-8"]),
    ],
)
def test_load_sources_problem_names_source_key_and_what_is_expected(
    tmp_path: Path, text: str, message: list[str]
) -> None:
    lines = refused(tmp_path, text)
    assert len(lines) == len(message)
    assert all(line.startswith(start) for line, start in zip(lines, message, strict=True)), lines


def test_load_sources_list_of_addresses_tells_its_lines(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("https://x/a.pdf\n\n  www.x/b.pdf\n")
    text = '[[source]]\nname = "a"\nkind = "urls"\nurls_from = "list.txt"'
    assert "list.txt, line 3: must be a web address" in refused(tmp_path, text)[0]
    assert "none.txt cannot be read" in refused(tmp_path, text.replace("list.txt", "none.txt"))[0]


def test_choose_names_come_from_the_file_and_the_rest_is_given(tmp_path: Path) -> None:
    sources = load_sources_of(tmp_path)
    chosen = choose(sources, ["hubei", "./hubei", "s3://b/p", "https://x/a.PDF?x=1", "https://x/list", "hubei"])
    assert [(source.name, source.kind) for source in chosen] == [
        ("hubei", "index"),
        ("", "files"),
        ("", "s3"),
        ("", "urls"),
        ("", "index"),
    ]
    assert choose(sources, []) == sources


def load_sources_of(tmp_path: Path) -> list[Source]:
    return loaded(tmp_path, SOURCE)


def test_choose_nonsense_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be a web address"):
        choose([], ["https://"])


def test_sources_of_without_a_file_say_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    config = tmp_path / "etc" / "jixiao.toml"
    config.touch()
    for settings, folder in ((load_settings(), tmp_path), (load_settings(config), config.parent)):
        with pytest.raises(SettingsError, match=re.escape(str(folder / "sources.toml"))):
            sources_of(settings, [])
    (tmp_path / "sources.toml").touch()
    with pytest.raises(SettingsError, match=r"sources\.toml has no entry"):
        sources_of(load_settings(), [])
    assert [source.kind for source in sources_of(load_settings(), ["reports/"])] == ["files"]


def test_load_settings_sources_file_beside_the_settings_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jixiao.toml").touch()
    assert load_settings(tmp_path / "jixiao.toml").sources is None
    (tmp_path / "sources.toml").touch()
    assert load_settings(tmp_path / "jixiao.toml").sources == tmp_path / "sources.toml"
    monkeypatch.setenv("JIXIAO_SOURCES", "elsewhere.toml")
    assert load_settings(tmp_path / "jixiao.toml").sources == Path("elsewhere.toml")


@pytest.mark.parametrize(
    "address",
    [
        "http://u:hush@example.gov.cn/a.pdf",
        "https://hush@example.gov.cn/a.pdf",
        "https://example.gov.cn/a.pdf?id=1&access_token=hush",
        "https://example.gov.cn/a.pdf?TOKEN=hush#x",
        "https://b.example.com/a.pdf?X-Amz-Credential=hush&X-Amz-Signature=hush",
        "https://b.example.com/a.pdf?OSSAccessKeyId=hush&Signature=hush",
        "https://example.gov.cn/a.pdf?sign=hush",
        "https://example.gov.cn/a.pdf?api_key=hush",
    ],
)
@pytest.mark.parametrize("kind", ["urls", "urls_from", "pages", "given"])
def test_addresses_with_a_password_or_token_are_refused_without_it(address: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(address)
    if kind == "given":
        with pytest.raises(SettingsError) as raised:
            choose([], [address])
        said = str(raised.value)
    else:
        key = {
            "urls": f'urls = ["{address}"]',
            "urls_from": 'urls_from = "list.txt"',
            "pages": f'pages = ["{address}"]',
        }
        kind_of = "index" if kind == "pages" else "urls"
        said = " ".join(refused(tmp_path, f'[[source]]\nname = "a"\nkind = "{kind_of}"\n{key[kind]}'))
    assert "token_env" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    "address",
    ["https://example.gov.cn/design=1/a.pdf?page=2&signed=no&monkey=1", "https://example.gov.cn/a@b.pdf?author=x"],
)
def test_addresses_that_only_look_alike_are_taken(address: str) -> None:
    assert choose([], [address])[0].label == address


def test_choose_gives_the_region_to_paths_and_addresses_only() -> None:
    chosen = choose([], ["reports/", "https://example.gov.cn/a.pdf"], "湖北省")
    assert [source.region for source in chosen] == ["湖北省", "湖北省"]
    named = FilesSource(name="hubei", paths=["x"])
    with pytest.raises(SettingsError, match=r"region of hubei stands in sources\.toml"):
        choose([named], ["hubei"], "湖北省")
