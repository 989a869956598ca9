"""How many requests an address may make: to each a bucket that fills at a steady rate. Pure: the time is given."""

from collections import OrderedDict

KNOWN = 1_000  # addresses; the one that was quiet longest is forgotten first


class Rates:
    """`burst` requests at once and `per_minute` in the long run, of each address by itself."""

    def __init__(self, per_minute: float, burst: int) -> None:
        self._every, self._burst = 60 / per_minute, burst
        self._free_at: OrderedDict[str, float] = OrderedDict()  # when its bucket would be full again

    def wait(self, address: str, now: float) -> float:
        """Counts a request at `now` (seconds of any steady clock): 0 where it may pass, else the seconds until one
        may. One that may not pass is not counted."""
        full = max(self._free_at.get(address, now), now)
        wait = full + self._every - now - self._burst * self._every
        if wait > 1e-9:
            return wait
        self._free_at[address] = full + self._every
        self._free_at.move_to_end(address)
        if len(self._free_at) > KNOWN:
            self._free_at.popitem(last=False)
        return 0.0
