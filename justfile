# Tasks of the project. `just` lists them; each line works by itself too, with `uv run`.

_list:
    @just --list

# take the samples in: the main command
ingest:
    uv run jixiao ingest samples

# all tests
test:
    uv run pytest

# tests without the slow ones (real Prefect servers, long corpora)
quick:
    uv run pytest -m 'not slow'

# style and types, as .ci/run checks them
check:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy

# put style right
format:
    uv run ruff check --fix .
    uv run ruff format .

# write the generated pages anew
docs:
    uv run python -m flows.commands.results > docs/json.md
    uv run jixiao dictionary > docs/dictionary.md
    uv run jixiao dictionary --language zh > docs/dictionary.zh-CN.md
    uv run jixiao settings > docs/settings.md
    uv run python -m expectations.rule_book docs

# build the documentation site in build/site
site:
    uv run sphinx-build --fail-on-warning docs build/site

# take newer versions of the dependencies, as far as pyproject.toml allows
upgrade:
    uv run python .ci/pins.py --upgrade

# everything that must hold before a change lands
ci:
    .ci/run
