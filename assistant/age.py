"""How old a thing is, in words, and from when on each kind of it is stale."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

# Past these an answer says that what it rests on is stale.
QUOTE_TTL = timedelta(minutes=20)  # a price, while its exchange is open
CLOSE_TTL_SESSIONS = 1  # a close, by the sessions that have closed since
CLOSE_TTL = timedelta(days=4)  # a close, where its exchange's calendar is not known: a long weekend
NEWS_TTL = timedelta(hours=24)
FILING_TTL = timedelta(days=100)  # a quarter, and what the next report takes to come

_FILED_AT = ("sec.gov",)


def age_text(then: datetime | None, now: datetime) -> str:
    """`5 min`, `3 h`, `2 d`; `unknown` where there is no date, `in the future` where it is later than `now`."""
    if then is None:
        return "unknown"
    seconds = (now - then).total_seconds()
    if seconds < -600:
        return "in the future"
    minutes = max(int(seconds // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def is_old_story(published: datetime | None, url: str, now: datetime) -> bool:
    """Whether a story, or a filing by its address, is stale at `now`. One without a date never counts as fresh."""
    host = urlsplit(url).hostname or ""
    filed = any(f".{host}".endswith(f".{regulator}") for regulator in _FILED_AT)
    return published is None or now - published > (FILING_TTL if filed else NEWS_TTL)
