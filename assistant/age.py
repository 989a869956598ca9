"""How old a thing is, in words, and when it counts as stale."""

from datetime import datetime, timedelta

NEWS_TTL = timedelta(days=3)  # older news is still cited, and said to be stale


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
