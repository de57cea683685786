"""`flows.collecting.web`: how long a run has patience with a server that is ill."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from flows.collecting.problems import Unavailable
from flows.collecting.web import Web
from flows.config.sources import UrlsSource

ILL = Unavailable("timed_out", "nothing came", may_heal=True)
CRASHED = Unavailable("server_error", "the server answers 500", is_of_server=True)
MISSING = Unavailable("not_found", "the server answers 404")
MINUTE = 60.0


def asked(answers: Sequence[tuple[float, Unavailable | None]], url: str = "http://a.cn/", **given: float) -> list[str]:
    """Ask a host once for each answer: what it takes in seconds, and what becomes of it; return what the run hears.

    Each attempt counts: `timed_out x 3` was tried three times.
    """
    source = UrlsSource.model_validate({"name": "s", "urls": [url], "retries": 2, "give_up_minutes": 30, **given})
    now = 0.0

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def run() -> list[str]:
        heard: list[str] = []
        async with Web(sleep=sleep, clock=lambda: now) as web:
            for seconds, problem in answers:
                attempts = 0

                async def call(seconds: float = seconds, problem: Unavailable | None = problem) -> str:
                    nonlocal now, attempts
                    now, attempts = now + seconds, attempts + 1
                    if problem is not None:
                        raise problem
                    return "came"

                try:
                    code = await web.patiently(source, httpx.URL(url), call)
                except Unavailable as error:
                    code = error.code
                heard.append(f"{code} x {attempts}")
        return heard

    return asyncio.run(run())


def test_server_that_fails_again_and_again_is_tried_once_until_it_answers() -> None:
    heard = asked([*[(1, ILL)] * 6, (1, None), (1, ILL)])
    assert heard == [*["timed_out x 3"] * 5, "timed_out x 1", "came x 1", "timed_out x 3"]


def test_server_that_hangs_for_half_an_hour_is_given_up() -> None:
    heard = asked([(5 * MINUTE, ILL)] * 4)
    assert heard == ["timed_out x 3", "timed_out x 3", "timed_out x 3", "server_ill x 0"]


def test_server_that_answers_between_is_given_up_after_two_hours_of_failures() -> None:
    heard = asked([(9 * MINUTE, ILL), (1, None)] * 6)
    assert heard == [*["timed_out x 3", "came x 1"] * 4, "timed_out x 3", *["server_ill x 0"] * 3]


@pytest.mark.parametrize("problem", [MISSING, Unavailable("not_a_pdf", "a page came")])
def test_file_that_is_at_fault_itself_does_not_count(problem: Unavailable) -> None:
    assert "server_ill x 0" not in asked([(20 * MINUTE, problem)] * 5)


def test_dead_links_that_the_server_answers_with_500_do_not_hide_the_files_behind_them() -> None:
    assert asked([*[(0.2, CRASHED)] * 500, (1, None)])[-1] == "came x 1"


def test_source_says_how_long_it_is_waited_for() -> None:
    assert asked([(MINUTE, CRASHED)] * 3, give_up_minutes=1.5)[-1] == "server_ill x 0"
    assert asked([(MINUTE, CRASHED)] * 3, give_up_minutes=5)[-1] == "server_error x 1"


def test_healthy_host_is_asked_no_longer_than_a_run_may() -> None:
    assert asked([(MINUTE, None)] * 5, host_minutes=2.5) == [*["came x 1"] * 3, *["postponed x 0"] * 2]


def test_other_host_is_asked_all_the_same() -> None:
    source = UrlsSource(name="s", urls=["http://a.cn/"], retries=0, give_up_minutes=0.001)
    now = 0.0

    async def run() -> str:
        async with Web(clock=lambda: now) as web:

            async def hang() -> str:
                nonlocal now
                now += MINUTE
                raise ILL

            async def come() -> str:
                return "came"

            with pytest.raises(Unavailable):
                await web.patiently(source, httpx.URL("http://a.cn/1.pdf"), hang)
            with pytest.raises(
                Unavailable,
                match=r"server_ill: .* for 1 min",
            ):
                await web.patiently(source, httpx.URL("http://a.cn/2.pdf"), come)
            return await web.patiently(source, httpx.URL("http://b.cn/3.pdf"), come)

    assert asyncio.run(run()) == "came"
