"""The desk before the assistant: how many questions are worked on, how many wait, and what becomes of those that
leave; and the rate at which an address may ask."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.serving.desk import Busy, Desk, Late
from assistant.serving.rates import KNOWN, Rates


def saying(*items: str) -> Any:
    def work() -> Generator[str, None, None]:
        yield from items

    return work


async def heard(desk: Desk, work: Any) -> list[str]:
    return [item async for item in desk.run(work)]


async def call(desk: Desk, function: Callable[[], Any]) -> Any:
    def once() -> Generator[Any, None, None]:
        yield function()

    [item] = await heard(desk, once)
    return item


async def until(true: Any) -> None:
    while not true():
        await asyncio.sleep(0.001)


def test_what_is_worked_out_in_a_thread_comes_in_its_order() -> None:
    async def main() -> None:
        desk = Desk(2, 20, 10)
        told = await asyncio.gather(*(heard(desk, saying(*(f"{n}{c}" for c in "abc"))) for n in range(20)))
        assert told == [[f"{n}a", f"{n}b", f"{n}c"] for n in range(20)]
        assert await call(desk, lambda: 7) == 7
        await until(lambda: desk.working == 0)

    asyncio.run(main())


def test_what_the_work_raises_is_the_askers_and_frees_the_place() -> None:
    async def main() -> None:
        desk = Desk(1, 0, 10)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await call(desk, lambda: 1 // 0)
            await until(lambda: desk.working == 0)

    asyncio.run(main())


def test_beyond_the_places_a_question_is_told_at_once_when_to_come_back() -> None:
    async def main() -> None:
        desk, free = Desk(2, 3, 10), threading.Event()
        asked = [asyncio.create_task(call(desk, free.wait)) for _ in range(5)]
        await until(lambda: (desk.working, desk.waiting) == (2, 3))
        for _ in range(20):
            with pytest.raises(Busy) as caught:
                await call(desk, lambda: True)
            assert 1 <= caught.value.retry_after <= 60
        free.set()
        assert await asyncio.gather(*asked) == [True] * 5
        await until(lambda: (desk.working, desk.waiting) == (0, 0))
        assert await call(desk, lambda: 7) == 7

    asyncio.run(main())


def test_a_question_out_of_time_keeps_its_place_until_the_work_really_ends() -> None:
    async def main() -> None:
        desk, free, begun = Desk(1, 1, 0.01), threading.Event(), list[bool]()
        with pytest.raises(Late):
            await call(desk, free.wait)
        assert desk.working == 1  # nobody else is promised the thread
        with pytest.raises(Late):
            await call(desk, lambda: begun.append(True))
        free.set()
        await until(lambda: desk.working == 0)
        assert begun == []  # nobody was there to hear it

    asyncio.run(main())


def test_when_the_asker_leaves_the_stream_is_closed_at_the_next_piece() -> None:
    async def main() -> None:
        desk, closed, goes_on = Desk(1, 0, 10), threading.Event(), threading.Event()

        def endless() -> Generator[str, None, None]:
            try:
                while True:
                    yield "more"
                    goes_on.wait()
            finally:
                closed.set()

        async with aclosing(desk.run(endless)) as told:
            assert await anext(told) == "more"
        assert not closed.is_set()
        goes_on.set()
        await until(closed.is_set)
        await until(lambda: desk.working == 0)

    asyncio.run(main())


# The rate --------------------------------------------------------------------------------------------------------


def test_a_burst_passes_and_then_the_steady_rate() -> None:
    rates = Rates(per_minute=60, burst=3)
    assert [rates.wait("a", 0.0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert [rates.wait("a", t) for t in (0.5, 1.0, 1.2, 2.0, 60.0, 60.0, 60.0, 60.0)] == [
        0.5, 0, pytest.approx(0.8), 0, 0, 0, 0, 1,
    ]  # fmt: skip
    assert rates.wait("b", 0.0) == 0  # another address has a bucket of its own


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 600), st.integers(1, 40))
def test_no_span_of_time_lets_more_through_than_burst_and_rate(gaps: list[float], rate: int, burst: int) -> None:
    rates, now, passed = Rates(rate, burst), 0.0, list[float]()
    for gap in gaps:
        now += gap
        wait = rates.wait("a", now)
        if wait == 0:
            passed.append(now)
        else:
            assert wait <= 60 / rate + 1e-6
    for i, start in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= burst + (passed[j] - start) * rate / 60 + 1e-6


def test_addresses_without_number_take_no_memory_without_end() -> None:
    rates = Rates(60, 1)
    for n in range(KNOWN * 2):
        rates.wait(f"10.0.{n // 256}.{n % 256}", 0.0)
    assert len(rates._free_at) == KNOWN
