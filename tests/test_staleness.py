"""Old is never told as new: on three exchanges, at every hour of their calendars, an answer says which session a price
is of, in which zone, and whether it is stale. Each line of the tables is a question's instant beside what must be said.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.briefing import build_briefing
from assistant.types import Answer, Found
from assistant.understand import Vocabulary
from ingest.calendars import sessions
from ingest.ledger import Ledger
from ingest.types import Bar, History, Instrument, Quote, Session
from tests.conftest import ScriptedModel, article, instrument

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # exchange_calendars under pandas 3

NY, LDN, TKO = "NYCO", "LDCO.L", "6001.T"
LISTED = {
    NY: instrument(NY, calendar="XNYS", zone="America/New_York", currency="USD", exchange="NYSE"),
    LDN: instrument(LDN, calendar="XLON", zone="Europe/London", currency="GBp", exchange="LSE"),
    TKO: instrument(TKO, calendar="XTKS", zone="Asia/Tokyo", currency="JPY", exchange="Tokyo"),
}
PRESENT = re.compile(r"\b(?:now|currently|today)\b", re.IGNORECASE)


@cache
def calendar(name: str) -> list[Session]:
    return sessions(name, date(2025, 12, 1), date(2026, 12, 31))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def put(ledger: Ledger, listed: Instrument, last: str, traded: str, lag: timedelta = timedelta()) -> None:
    """Bars up to the session of `last` (100 but for the last: 105), and a price of 106 traded at `traded`."""
    known = [s for s in calendar(listed.calendar) if s.day <= date.fromisoformat(last)]
    bars = tuple(bar(listed, s, 105.0 if s is known[-1] else 100.0) for s in known)
    quote = None
    if traded:
        at = utc(traded)
        quote = Quote(
            listed.symbol, 106.0, listed.currency, at, "open", 105.0, 105.0, 107.0, 104.0, "yahoo", at + lag
        )  # fmt: skip
    ledger.market.put(History(listed, bars, quote))
    ledger.market.put_sessions(calendar(listed.calendar))


def bar(listed: Instrument, session: Session, close: float) -> Bar:
    at = session.closes_at
    return Bar(
        symbol=listed.symbol, day=session.day, open=close, high=close, low=close, close=close, volume=1,
        currency=listed.currency, closed_at=at, source="yahoo", fetched=at, known_from=at,
    )  # fmt: skip


def ask(ledger: Ledger, question: str, now: str, model: Any = None, found: Any = None) -> Answer:
    vocabulary = Vocabulary({}, list(LISTED), set(LISTED))
    answerer = Answerer(
        ledger,
        vocabulary,
        found or (lambda *_: Found([])),
        lambda: model,
        lambda: utc(now),
        ZoneInfo("America/New_York"),
    )
    return answerer.ask(question, use_model=model is not None).answer


def check(answer: Answer, symbol: str, says: str, stale: str) -> None:
    """`says` and `stale` word for word; what is stale is flagged as such and never told as of the present."""
    assert (
        says.replace("…", f"at 105.00 {LISTED[symbol].currency}").replace("~", f"at 106.00 {LISTED[symbol].currency}")
        in answer.text
    )
    assert list(answer.warnings) == ([f"{symbol} is stale: {stale}"] if stale else [])
    assert [c.stale for c in answer.citations] == [bool(stale)]
    if stale:
        assert not PRESENT.search(answer.text), answer.text
    assert "closed at 106" not in answer.text  # a price of an open session is no close
    assert not re.search(r"\b(?:now|currently)\b", answer.text)


# Closes: (symbol, newest bar, now in UTC) -> the close's day, hour and zone, what the exchange does, why it is stale

CLOSES = [
    # New York, an ordinary week of winter: closed, about to open, open, closed
    (NY, "2026-02-26", "2026-02-26 21:00:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)", "", ""),
    (NY, "2026-02-26", "2026-02-26 21:00:01", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)", "", ""),
    (NY, "2026-02-26", "2026-02-27 00:30:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)", "", ""),
    (NY, "2026-02-26", "2026-02-27 13:00:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:30 EST.", ""),
    (NY, "2026-02-26", "2026-02-27 14:29:59", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:30 EST.", ""),
    (NY, "2026-02-26", "2026-02-27 14:30:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 is open, and no price of it is stored.",
     "the session of Fri 27 Feb 2026 is open, and no price of it is stored"),
    (NY, "2026-02-26", "2026-02-27 20:59:59", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 is open, and no price of it is stored.",
     "the session of Fri 27 Feb 2026 is open, and no price of it is stored"),
    (NY, "2026-02-26", "2026-02-27 21:00:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 has closed, and its close is not stored.",
     "a session has closed since Thu 26 Feb 2026, the newest in the store"),
    (NY, "2026-02-26", "2026-02-27 21:00:01", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 has closed, and its close is not stored.",
     "a session has closed since Thu 26 Feb 2026, the newest in the store"),
    (NY, "2026-02-27", "2026-02-27 21:00:01", "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST)", "", ""),
    # ... its weekend, and the Monday after
    (NY, "2026-02-27", "2026-02-28 12:00:00", "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST)",
     "NYSE has no session on Sat 28 Feb 2026 (weekend).", ""),
    (NY, "2026-02-27", "2026-03-01 23:00:00", "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST)",
     "NYSE has no session on Sun 1 Mar 2026 (weekend).", ""),
    (NY, "2026-02-27", "2026-03-02 14:29:59", "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST)",
     "The session of Mon 2 Mar 2026 has not begun: it opens at 09:30 EST.", ""),
    (NY, "2026-02-26", "2026-02-28 12:00:00", "closed … on Thu 26 Feb 2026 (regular close, 16:00 EST)",
     "NYSE has no session on Sat 28 Feb 2026 (weekend).",
     "a session has closed since Thu 26 Feb 2026, the newest in the store"),
    # ... the week in which only America has changed its clocks
    (NY, "2026-03-06", "2026-03-09 13:29:59", "closed … on Fri 6 Mar 2026 (regular close, 16:00 EST)",
     "The session of Mon 9 Mar 2026 has not begun: it opens at 09:30 EDT.", ""),
    (NY, "2026-03-06", "2026-03-09 13:30:00", "closed … on Fri 6 Mar 2026 (regular close, 16:00 EST)",
     "The session of Mon 9 Mar 2026 is open, and no price of it is stored.",
     "the session of Mon 9 Mar 2026 is open, and no price of it is stored"),
    (NY, "2026-03-09", "2026-03-09 20:00:01", "closed … on Mon 9 Mar 2026 (regular close, 16:00 EDT)", "", ""),
    (NY, "2026-03-09", "2026-03-10 13:29:59", "closed … on Mon 9 Mar 2026 (regular close, 16:00 EDT)",
     "The session of Tue 10 Mar 2026 has not begun: it opens at 09:30 EDT.", ""),
    (NY, "2026-03-09", "2026-03-10 20:00:01", "closed … on Mon 9 Mar 2026 (regular close, 16:00 EDT)",
     "The session of Tue 10 Mar 2026 has closed, and its close is not stored.",
     "a session has closed since Mon 9 Mar 2026, the newest in the store"),
    (LDN, "2026-03-09", "2026-03-10 07:59:59", "closed … on Mon 9 Mar 2026 (regular close, 16:30 GMT)",
     "The session of Tue 10 Mar 2026 has not begun: it opens at 08:00 GMT.", ""),
    (LDN, "2026-03-09", "2026-03-10 16:30:01", "closed … on Mon 9 Mar 2026 (regular close, 16:30 GMT)",
     "The session of Tue 10 Mar 2026 has closed, and its close is not stored.",
     "a session has closed since Mon 9 Mar 2026, the newest in the store"),
    (LDN, "2026-03-10", "2026-03-10 16:30:01", "closed … on Tue 10 Mar 2026 (regular close, 16:30 GMT)", "", ""),
    (TKO, "2026-03-09", "2026-03-09 06:30:01", "closed … on Mon 9 Mar 2026 (regular close, 15:30 JST)", "", ""),
    # ... and the one in which only Europe has
    (LDN, "2026-10-23", "2026-10-26 07:59:59", "closed … on Fri 23 Oct 2026 (regular close, 16:30 BST)",
     "The session of Mon 26 Oct 2026 has not begun: it opens at 08:00 GMT.", ""),
    (LDN, "2026-10-23", "2026-10-26 08:00:00", "closed … on Fri 23 Oct 2026 (regular close, 16:30 BST)",
     "The session of Mon 26 Oct 2026 is open, and no price of it is stored.",
     "the session of Mon 26 Oct 2026 is open, and no price of it is stored"),
    (LDN, "2026-10-26", "2026-10-26 16:30:01", "closed … on Mon 26 Oct 2026 (regular close, 16:30 GMT)", "", ""),
    (NY, "2026-10-23", "2026-10-26 13:29:59", "closed … on Fri 23 Oct 2026 (regular close, 16:00 EDT)",
     "The session of Mon 26 Oct 2026 has not begun: it opens at 09:30 EDT.", ""),
    (NY, "2026-10-26", "2026-10-26 20:00:01", "closed … on Mon 26 Oct 2026 (regular close, 16:00 EDT)", "", ""),
    (NY, "2026-10-30", "2026-11-02 14:29:59", "closed … on Fri 30 Oct 2026 (regular close, 16:00 EDT)",
     "The session of Mon 2 Nov 2026 has not begun: it opens at 09:30 EST.", ""),
    (TKO, "2026-10-26", "2026-10-26 06:30:01", "closed … on Mon 26 Oct 2026 (regular close, 15:30 JST)", "", ""),
    # ... London's own change of March
    (LDN, "2026-03-27", "2026-03-30 06:59:59", "closed … on Fri 27 Mar 2026 (regular close, 16:30 GMT)",
     "The session of Mon 30 Mar 2026 has not begun: it opens at 08:00 BST.", ""),
    (LDN, "2026-03-27", "2026-03-30 07:00:00", "closed … on Fri 27 Mar 2026 (regular close, 16:30 GMT)",
     "The session of Mon 30 Mar 2026 is open, and no price of it is stored.",
     "the session of Mon 30 Mar 2026 is open, and no price of it is stored"),
    (LDN, "2026-03-30", "2026-03-30 15:30:01", "closed … on Mon 30 Mar 2026 (regular close, 16:30 BST)", "", ""),
    # Half days
    (NY, "2026-11-27", "2026-11-27 18:00:00", "closed … on Fri 27 Nov 2026 (early close, 13:00 EST)", "", ""),
    (NY, "2026-11-27", "2026-11-27 20:59:59", "closed … on Fri 27 Nov 2026 (early close, 13:00 EST)", "", ""),
    (NY, "2026-11-25", "2026-11-27 17:59:59", "closed … on Wed 25 Nov 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Nov 2026 is open, and no price of it is stored.",
     "the session of Fri 27 Nov 2026 is open, and no price of it is stored"),
    (NY, "2026-11-25", "2026-11-27 18:00:01", "closed … on Wed 25 Nov 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Nov 2026 has closed, and its close is not stored.",
     "a session has closed since Wed 25 Nov 2026, the newest in the store"),
    (NY, "2026-12-24", "2026-12-24 18:00:01", "closed … on Thu 24 Dec 2026 (early close, 13:00 EST)", "", ""),
    (NY, "2026-12-24", "2026-12-25 15:00:00", "closed … on Thu 24 Dec 2026 (early close, 13:00 EST)",
     "NYSE has no session on Fri 25 Dec 2026 (holiday).", ""),
    (LDN, "2026-12-24", "2026-12-24 12:30:01", "closed … on Thu 24 Dec 2026 (early close, 12:30 GMT)", "", ""),
    (LDN, "2026-12-23", "2026-12-24 12:30:01", "closed … on Wed 23 Dec 2026 (regular close, 16:30 GMT)",
     "The session of Thu 24 Dec 2026 has closed, and its close is not stored.",
     "a session has closed since Wed 23 Dec 2026, the newest in the store"),
    (LDN, "2026-12-24", "2026-12-28 12:00:00", "closed … on Thu 24 Dec 2026 (early close, 12:30 GMT)",
     "LSE has no session on Mon 28 Dec 2026 (holiday).", ""),
    # Holidays
    (NY, "2026-02-13", "2026-02-16 15:00:00", "closed … on Fri 13 Feb 2026 (regular close, 16:00 EST)",
     "NYSE has no session on Mon 16 Feb 2026 (holiday).", ""),
    (NY, "2026-02-13", "2026-02-17 14:29:59", "closed … on Fri 13 Feb 2026 (regular close, 16:00 EST)",
     "The session of Tue 17 Feb 2026 has not begun: it opens at 09:30 EST.", ""),
    (NY, "2026-04-02", "2026-04-03 15:00:00", "closed … on Thu 2 Apr 2026 (regular close, 16:00 EDT)",
     "NYSE has no session on Fri 3 Apr 2026 (holiday).", ""),
    (NY, "2026-04-02", "2026-04-06 13:29:59", "closed … on Thu 2 Apr 2026 (regular close, 16:00 EDT)",
     "The session of Mon 6 Apr 2026 has not begun: it opens at 09:30 EDT.", ""),
    (LDN, "2026-04-02", "2026-04-06 12:00:00", "closed … on Thu 2 Apr 2026 (regular close, 16:30 BST)",
     "LSE has no session on Mon 6 Apr 2026 (holiday).", ""),
    (LDN, "2026-04-02", "2026-04-07 06:59:59", "closed … on Thu 2 Apr 2026 (regular close, 16:30 BST)",
     "The session of Tue 7 Apr 2026 has not begun: it opens at 08:00 BST.", ""),
    (LDN, "2026-05-01", "2026-05-04 12:00:00", "closed … on Fri 1 May 2026 (regular close, 16:30 BST)",
     "LSE has no session on Mon 4 May 2026 (holiday).", ""),
    (TKO, "2026-02-20", "2026-02-23 03:00:00", "closed … on Fri 20 Feb 2026 (regular close, 15:30 JST)",
     "Tokyo has no session on Mon 23 Feb 2026 (holiday).", ""),
    (TKO, "2026-05-01", "2026-05-06 03:00:00", "closed … on Fri 1 May 2026 (regular close, 15:30 JST)",
     "Tokyo has no session on Wed 6 May 2026 (holiday).", ""),
    (TKO, "2026-05-01", "2026-05-07 06:30:01", "closed … on Fri 1 May 2026 (regular close, 15:30 JST)",
     "The session of Thu 7 May 2026 has closed, and its close is not stored.",
     "a session has closed since Fri 1 May 2026, the newest in the store"),
    (NY, "2026-07-02", "2026-07-03 15:00:00", "closed … on Thu 2 Jul 2026 (regular close, 16:00 EDT)",
     "NYSE has no session on Fri 3 Jul 2026 (holiday).", ""),
    (NY, "2026-11-25", "2026-11-26 16:00:00", "closed … on Wed 25 Nov 2026 (regular close, 16:00 EST)",
     "NYSE has no session on Thu 26 Nov 2026 (holiday).", ""),
    # Tokyo: its Friday is New York's Thursday evening
    (TKO, "2026-02-26", "2026-02-26 23:59:59", "closed … on Thu 26 Feb 2026 (regular close, 15:30 JST)",
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:00 JST.", ""),
    (TKO, "2026-02-26", "2026-02-27 00:00:00", "closed … on Thu 26 Feb 2026 (regular close, 15:30 JST)",
     "The session of Fri 27 Feb 2026 is open, and no price of it is stored.",
     "the session of Fri 27 Feb 2026 is open, and no price of it is stored"),
    (TKO, "2026-02-26", "2026-02-27 06:30:01", "closed … on Thu 26 Feb 2026 (regular close, 15:30 JST)",
     "The session of Fri 27 Feb 2026 has closed, and its close is not stored.",
     "a session has closed since Thu 26 Feb 2026, the newest in the store"),
    (TKO, "2026-02-27", "2026-02-27 15:30:00", "closed … on Fri 27 Feb 2026 (regular close, 15:30 JST)",
     "Tokyo has no session on Sat 28 Feb 2026 (weekend).", ""),
    # Days and weeks old
    (NY, "2026-02-25", "2026-02-27 12:00:00", "closed … on Wed 25 Feb 2026 (regular close, 16:00 EST)",
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:30 EST.",
     "a session has closed since Wed 25 Feb 2026, the newest in the store"),
    (NY, "2026-02-20", "2026-02-27 22:00:00", "closed … on Fri 20 Feb 2026 (regular close, 16:00 EST)", "",
     "5 sessions have closed since Fri 20 Feb 2026, the newest in the store"),
    (LDN, "2026-02-20", "2026-02-27 22:00:00", "closed … on Fri 20 Feb 2026 (regular close, 16:30 GMT)", "",
     "5 sessions have closed since Fri 20 Feb 2026, the newest in the store"),
    (TKO, "2026-02-20", "2026-02-27 07:00:00", "closed … on Fri 20 Feb 2026 (regular close, 15:30 JST)", "",
     "4 sessions have closed since Fri 20 Feb 2026, the newest in the store"),
    (NY, "2026-02-13", "2026-02-27 22:00:00", "closed … on Fri 13 Feb 2026 (regular close, 16:00 EST)", "",
     "9 sessions have closed since Fri 13 Feb 2026, the newest in the store"),
    (NY, "2026-01-28", "2026-02-27 22:00:00", "closed … on Wed 28 Jan 2026 (regular close, 16:00 EST)", "",
     "21 sessions have closed since Wed 28 Jan 2026, the newest in the store"),
    (LDN, "2026-01-28", "2026-02-27 22:00:00", "closed … on Wed 28 Jan 2026 (regular close, 16:30 GMT)", "",
     "22 sessions have closed since Wed 28 Jan 2026, the newest in the store"),
    (TKO, "2026-01-28", "2026-02-27 07:00:00", "closed … on Wed 28 Jan 2026 (regular close, 15:30 JST)", "",
     "20 sessions have closed since Wed 28 Jan 2026, the newest in the store"),
]  # fmt: skip


@pytest.mark.parametrize(("symbol", "newest", "now", "says", "state", "stale"), CLOSES)
def test_a_close_is_told_with_its_session_and_what_the_exchange_does_since(
    ledger: Ledger, symbol: str, newest: str, now: str, says: str, state: str, stale: str
) -> None:
    put(ledger, LISTED[symbol], newest, "")
    answer = ask(ledger, f"What is the price of {symbol}?", now)
    check(answer, symbol, says, stale)
    assert state in answer.text
    assert not PRESENT.search(answer.text)  # none of these is a price of an open session


# Prices of a session: (symbol, newest bar, traded, now in UTC) -> where the change is "so far today", and where stale

FRESH, PAST = "So far today that is +1.00", "That was +1.00"
LIVE = [
    # New York, by the age of its price: up to 20 minutes
    (NY, "2026-02-26", "2026-02-27 14:30:00", "2026-02-27 14:30:00",
     "traded ~ at 09:30 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:00:01",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:01:00",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:05:00",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:19:59",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:20:00",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:20:01",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", PAST,
     "its newest price is of 12:00 EST on Fri 27 Feb 2026, and the session is still open"),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 18:00:00",
     "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", PAST,
     "its newest price is of 12:00 EST on Fri 27 Feb 2026, and the session is still open"),
    (NY, "2026-02-26", "2026-02-27 14:30:00", "2026-02-27 20:59:59",
     "traded ~ at 09:30 EST on Fri 27 Feb 2026, with the session open [1]", PAST,
     "its newest price is of 09:30 EST on Fri 27 Feb 2026, and the session is still open"),
    (NY, "2026-02-26", "2026-02-27 20:59:59", "2026-02-27 20:59:59",
     "traded ~ at 15:59 EST on Fri 27 Feb 2026, with the session open [1]", FRESH, ""),
    # ... the close is there before its price is
    (NY, "2026-02-26", "2026-02-27 20:59:59", "2026-02-27 21:00:00",
     "traded ~ at 15:59 EST on Fri 27 Feb 2026, in a session that has closed since [1]", PAST,
     "the session of Fri 27 Feb 2026 has closed since 15:59 EST, and its close is not stored"),
    (NY, "2026-02-26", "2026-02-27 20:59:59", "2026-02-27 21:00:01",
     "traded ~ at 15:59 EST on Fri 27 Feb 2026, in a session that has closed since [1]", PAST,
     "the session of Fri 27 Feb 2026 has closed since 15:59 EST, and its close is not stored"),
    (NY, "2026-02-26", "2026-02-27 20:59:59", "2026-02-28 15:00:00",
     "traded ~ at 15:59 EST on Fri 27 Feb 2026, in a session that has closed since [1]", PAST,
     "the session of Fri 27 Feb 2026 has closed since 15:59 EST, and its close is not stored"),
    (NY, "2026-02-27", "2026-02-27 20:59:59", "2026-02-27 21:00:01",
     "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST) [1]", "That is +5.00", ""),
    # ... a price of the session before is no price of this one
    (NY, "2026-02-27", "2026-02-27 20:59:59", "2026-03-02 14:30:01",
     "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST) [1]", "That is +5.00",
     "the session of Mon 2 Mar 2026 is open, and no price of it is stored"),
    # ... before the open the price is yesterday's
    (NY, "2026-02-27", "2026-02-27 21:00:00", "2026-03-02 13:00:00",
     "closed … on Fri 27 Feb 2026 (regular close, 16:00 EST) [1]", "That is +5.00", ""),
    # ... half day: an hour after noon it is over
    (NY, "2026-11-25", "2026-11-27 17:59:00", "2026-11-27 17:59:59",
     "traded ~ at 12:59 EST on Fri 27 Nov 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-11-25", "2026-11-27 17:59:00", "2026-11-27 18:00:00",
     "traded ~ at 12:59 EST on Fri 27 Nov 2026, in a session that has closed since [1]", PAST,
     "the session of Fri 27 Nov 2026 has closed since 12:59 EST, and its close is not stored"),
    # ... both weeks between the changes of the clocks
    (NY, "2026-03-09", "2026-03-10 13:30:00", "2026-03-10 13:30:01",
     "traded ~ at 09:30 EDT on Tue 10 Mar 2026, with the session open [1]", FRESH, ""),
    (NY, "2026-03-09", "2026-03-10 19:59:59", "2026-03-10 20:00:00",
     "traded ~ at 15:59 EDT on Tue 10 Mar 2026, in a session that has closed since [1]", PAST,
     "the session of Tue 10 Mar 2026 has closed since 15:59 EDT, and its close is not stored"),
    (NY, "2026-10-27", "2026-10-28 19:59:00", "2026-10-28 19:59:59",
     "traded ~ at 15:59 EDT on Wed 28 Oct 2026, with the session open [1]", FRESH, ""),
    # London: the source shows it late, and says so
    (LDN, "2026-02-26", "2026-02-27 12:00:00", "2026-02-27 12:15:00",
     "traded ~ at 12:00 GMT on Fri 27 Feb 2026, with the session open (delayed price) [1]", FRESH, ""),
    (LDN, "2026-02-26", "2026-02-27 12:00:00", "2026-02-27 12:20:01",
     "traded ~ at 12:00 GMT on Fri 27 Feb 2026, with the session open (delayed price) [1]", PAST,
     "its newest price is of 12:00 GMT on Fri 27 Feb 2026, and the session is still open"),
    (LDN, "2026-03-09", "2026-03-10 16:29:00", "2026-03-10 16:29:59",
     "traded ~ at 16:29 GMT on Tue 10 Mar 2026, with the session open (delayed price) [1]", FRESH, ""),
    (LDN, "2026-10-26", "2026-10-27 08:00:00", "2026-10-27 08:00:01",
     "traded ~ at 08:00 GMT on Tue 27 Oct 2026, with the session open (delayed price) [1]", FRESH, ""),
    (LDN, "2026-10-26", "2026-10-27 15:31:00", "2026-10-27 15:32:00",  # an hour after a summer's close
     "traded ~ at 15:31 GMT on Tue 27 Oct 2026, with the session open (delayed price) [1]", FRESH, ""),
    (LDN, "2026-03-30", "2026-03-31 15:29:00", "2026-03-31 15:30:00",
     "traded ~ at 16:29 BST on Tue 31 Mar 2026, in a session that has closed since (delayed price) [1]", PAST,
     "the session of Tue 31 Mar 2026 has closed since 16:29 BST, and its close is not stored"),
    (LDN, "2026-12-23", "2026-12-24 12:29:00", "2026-12-24 12:30:00",
     "traded ~ at 12:29 GMT on Thu 24 Dec 2026, in a session that has closed since (delayed price) [1]", PAST,
     "the session of Thu 24 Dec 2026 has closed since 12:29 GMT, and its close is not stored"),
    # Tokyo
    (TKO, "2026-02-26", "2026-02-27 00:00:00", "2026-02-27 00:00:01",
     "traded ~ at 09:00 JST on Fri 27 Feb 2026, with the session open (delayed price) [1]", FRESH, ""),
    (TKO, "2026-02-26", "2026-02-27 00:00:00", "2026-02-27 00:20:01",
     "traded ~ at 09:00 JST on Fri 27 Feb 2026, with the session open (delayed price) [1]", PAST,
     "its newest price is of 09:00 JST on Fri 27 Feb 2026, and the session is still open"),
    (TKO, "2026-02-26", "2026-02-27 06:29:00", "2026-02-27 06:29:59",
     "traded ~ at 15:29 JST on Fri 27 Feb 2026, with the session open (delayed price) [1]", FRESH, ""),
    (TKO, "2026-02-26", "2026-02-27 06:29:00", "2026-02-27 06:30:00",
     "traded ~ at 15:29 JST on Fri 27 Feb 2026, in a session that has closed since (delayed price) [1]", PAST,
     "the session of Fri 27 Feb 2026 has closed since 15:29 JST, and its close is not stored"),
]  # fmt: skip


@pytest.mark.parametrize(("symbol", "newest", "traded", "now", "says", "lead", "stale"), LIVE)
def test_a_price_of_a_session_is_no_close_and_of_today_only_while_it_is_fresh(
    ledger: Ledger, symbol: str, newest: str, traded: str, now: str, says: str, lead: str, stale: str
) -> None:
    put(ledger, LISTED[symbol], newest, traded)
    answer = ask(ledger, f"What is the price of {symbol}?", now)
    check(answer, symbol, says, stale)
    assert lead in answer.text


@pytest.mark.parametrize(
    ("lag", "stale"),
    [
        (40, "its newest price is of 12:00 EST on Fri 27 Feb 2026, and the session is still open"),
        (41, "its source had no trade after 12:00 EST yet at 12:41 EST, with the session open: it may be halted"),
    ],
)
def test_a_price_that_its_source_does_not_renew_may_be_one_of_a_halt(ledger: Ledger, lag: int, stale: str) -> None:
    put(ledger, LISTED[NY], "2026-02-26", "2026-02-27 17:00:00", timedelta(minutes=lag))
    answer = ask(ledger, f"What is the price of {NY}?", "2026-02-27 17:45:00")
    check(answer, NY, "traded ~ at 12:00 EST on Fri 27 Feb 2026, with the session open [1]", stale)


# "Today": (symbol, newest bar, traded, now) -> which day the answer is of. The one who asks sits in New York.

TODAY = [
    (NY, "2026-02-27", "", "2026-02-27 21:00:01", "NYCO rose today: +5.00 %", ""),
    (NY, "2026-02-27", "", "2026-02-28 04:59:59", "NYCO rose today: +5.00 %", ""),  # a second before midnight
    (NY, "2026-02-27", "", "2026-02-28 05:00:00", "NYSE had no session on Sat 28 Feb 2026. The last close before", ""),
    (NY, "2026-02-26", "", "2026-02-27 14:29:59",
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:30 EST. The last close before it follows.", ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 17:10:00", "NYCO rose today so far: +0.95 %", ""),
    (NY, "2026-02-26", "2026-02-27 17:00:00", "2026-02-27 19:00:00",
     "NYCO rose on Fri 27 Feb 2026 until 12:00 EST: +0.95 %",
     "its newest price is of 12:00 EST on Fri 27 Feb 2026, and the session is still open"),
    (NY, "2026-02-26", "2026-02-27 20:59:00", "2026-02-27 22:00:00",
     "NYCO rose on Fri 27 Feb 2026 until 15:59 EST: +0.95 %",
     "the session of Fri 27 Feb 2026 has closed since 15:59 EST, and its close is not stored"),
    (NY, "2026-02-26", "", "2026-02-27 22:00:00",
     "The session of Fri 27 Feb 2026 has closed, and its close is not stored. The last close before it follows.",
     "a session has closed since Thu 26 Feb 2026, the newest in the store"),
    (NY, "2026-02-26", "", "2026-02-27 17:00:00",
     "The session of Fri 27 Feb 2026 is open, and no price of it is stored. The last close before it follows.",
     "the session of Fri 27 Feb 2026 is open, and no price of it is stored"),
    (NY, "2026-02-13", "", "2026-02-16 17:00:00", "NYSE had no session on Mon 16 Feb 2026. The last close before", ""),
    (TKO, "2026-02-26", "", "2026-02-26 15:00:01",  # Thursday morning in New York, Friday in Tokyo
     "The session of Fri 27 Feb 2026 has not begun: it opens at 09:00 JST.", ""),
    (TKO, "2026-02-26", "2026-02-27 01:00:00", "2026-02-27 01:10:00", "6001.T rose today so far: +0.95 %", ""),
    (TKO, "2026-02-26", "", "2026-02-27 01:10:00",  # Thursday evening: Tokyo's close of Thursday is not today's
     "The session of Fri 27 Feb 2026 is open, and no price of it is stored.",
     "the session of Fri 27 Feb 2026 is open, and no price of it is stored"),
    (TKO, "2026-02-27", "", "2026-02-27 07:00:00", "6001.T rose today: +5.00 %", ""),
    (TKO, "2026-02-27", "", "2026-02-27 16:00:00", "Tokyo had no session on Sat 28 Feb 2026", ""),
    (LDN, "2026-02-27", "", "2026-02-27 22:00:00", "LDCO.L rose today: +5.00 %", ""),
    (LDN, "2026-02-26", "", "2026-02-27 00:30:00",  # Friday in London, Thursday in New York
     "The session of Fri 27 Feb 2026 has not begun: it opens at 08:00 GMT.", ""),
    (LDN, "2026-06-25", "", "2026-06-25 23:30:00",  # and an hour earlier in summer
     "The session of Fri 26 Jun 2026 has not begun: it opens at 08:00 BST.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("symbol", "newest", "traded", "now", "says", "stale"), TODAY)
def test_today_is_the_exchanges_day_and_never_the_day_before(
    ledger: Ledger, symbol: str, newest: str, traded: str, now: str, says: str, stale: str
) -> None:
    put(ledger, LISTED[symbol], newest, traded)
    answer = ask(ledger, f"How did {symbol} do today?", now)
    check(answer, symbol, says, stale)
    if "today" not in says:
        assert "today" not in answer.text


# News: (age, where it is from) -> stale

STORIES = [
    (timedelta(0), "https://news.test/a", False),
    (timedelta(minutes=59), "https://news.test/a", False),
    (timedelta(hours=23, minutes=59, seconds=59), "https://news.test/a", False),
    (timedelta(hours=24), "https://news.test/a", False),
    (timedelta(hours=24, seconds=1), "https://news.test/a", True),
    (timedelta(days=3), "https://news.test/a", True),
    (timedelta(days=30), "https://news.test/a", True),
    (timedelta(days=30), "https://www.sec.gov/Archives/edgar/data/1/a-index.htm", False),
    (timedelta(days=100), "https://www.sec.gov/Archives/edgar/data/1/a-index.htm", False),
    (timedelta(days=100, seconds=1), "https://www.sec.gov/Archives/edgar/data/1/a-index.htm", True),
    (timedelta(days=30), "https://sec.gov.news.test/a", True),
    (timedelta(days=30), "https://notsec.gov/a", True),
]
NOON = "2026-02-27 17:00:00"


def story(text: str, age: timedelta | None, url: str = "https://news.test/a") -> Any:
    from llama_index.core.schema import NodeWithScore, TextNode

    from assistant.retrievers.news import article_metadata

    published = utc(NOON) - age if age is not None else None
    told = article("Nyco lifts outlook", text, url=url, published=published, symbols=(NY,))
    return lambda *_: Found([NodeWithScore(node=TextNode(text=text, metadata=article_metadata(told)), score=1.0)])


@pytest.mark.parametrize(("age", "url", "stale"), STORIES)
def test_a_story_past_a_day_and_a_filing_past_a_quarter_are_stale(
    ledger: Ledger, age: timedelta, url: str, stale: bool
) -> None:
    answer = ask(ledger, f"Any news on {NY}?", NOON, found=story("Nyco raised its outlook.", age, url))
    assert [c.stale for c in answer.citations] == [stale]
    assert bool(answer.warnings) is stale
    assert all(w.startswith("stale news: [1] is ") for w in answer.warnings)


def test_a_story_without_a_date_never_counts_as_fresh(ledger: Ledger) -> None:
    answer = ask(ledger, f"Any news on {NY}?", NOON, found=story("Nyco raised its outlook.", None))
    assert (answer.citations[0].stale, answer.warnings) == (True, ("stale news: [1] is undated",))


SAID = [
    (timedelta(hours=1), "Nyco raised its outlook today.", "Nyco raised its outlook today [1]."),
    (timedelta(days=1), "Nyco raised its outlook today.",
     "Test Wire, 26 Feb 2026: “Nyco raised its outlook today.” [1]"),
    (timedelta(days=9), "Nyco currently expects to raise its outlook.",
     "Test Wire, 18 Feb 2026: “Nyco currently expects to raise its outlook.” [1]"),
    (timedelta(days=9), "Nyco now expects a higher outlook.",
     "Test Wire, 18 Feb 2026: “Nyco now expects a higher outlook.” [1]"),
    (timedelta(hours=20), "Nyco now expects a higher outlook.", "Nyco now expects a higher outlook [1]."),
    (timedelta(hours=20), "Nyco raised its outlook this morning.",
     "Test Wire, 26 Feb 2026: “Nyco raised its outlook this morning.” [1]"),
    (timedelta(days=9), "Nyco raised its outlook.", "Nyco raised its outlook [1]."),
]  # fmt: skip


@pytest.mark.parametrize(("age", "text", "expected"), SAID)
def test_an_old_storys_today_is_quoted_with_its_day(ledger: Ledger, age: timedelta, text: str, expected: str) -> None:
    model = ScriptedModel(text.replace(".", " [1]."))
    answer = ask(ledger, f"What outlook did {NY} raise?", NOON, model, story(text, age))
    assert answer.text == expected


# Further forms


def test_a_price_of_an_exchange_whose_sessions_are_not_known_is_stale_after_a_long_weekend(ledger: Ledger) -> None:
    put(ledger, LISTED[NY], "2026-02-27", "")
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sessions")
    assert not ask(ledger, f"What is the price of {NY}?", "2026-03-03 20:00:00").warnings
    answer = ask(ledger, f"What is the price of {NY}?", "2026-03-29 20:00:00")
    assert answer.warnings == (
        "NYCO is stale: its newest close is of Fri 27 Feb 2026, and the sessions of its exchange since are not known",
    )
    assert answer.citations[0].stale


def test_a_close_asked_for_by_its_day_is_not_stale_for_being_past(ledger: Ledger) -> None:
    put(ledger, LISTED[NY], "2026-02-20", "")
    answer = ask(ledger, f"What did {NY} close at on 18 February 2026?", "2026-02-27 22:00:00")
    assert (answer.warnings, answer.citations[0].stale) == ((), False)


def test_a_ranking_of_many_says_which_of_its_prices_are_stale(ledger: Ledger) -> None:
    put(ledger, LISTED[NY], "2026-02-20", "")
    put(ledger, LISTED[LDN], "2026-02-27", "")
    answer = ask(ledger, f"Which did better this month, {NY} or {LDN}?", "2026-02-27 22:00:00")
    assert answer.warnings == ("NYCO is stale: 5 sessions have closed since Fri 20 Feb 2026, the newest in the store",)
    assert {c.title[:4]: c.stale for c in answer.citations} == {"NYCO": True, "LDCO": False}


def test_a_drawdown_up_to_now_says_that_its_closes_end_early(ledger: Ledger) -> None:
    put(ledger, LISTED[NY], "2026-02-20", "")
    answer = ask(ledger, f"What is the drawdown of {NY}?", "2026-02-27 22:00:00")
    assert any("is stale: 5 sessions" in w for w in answer.warnings)
    assert answer.citations[0].stale


@pytest.mark.parametrize(
    ("traded", "now", "stale", "says"),
    [
        ("2026-02-27 17:00:00", "2026-02-27 17:10:00", (), "so far, at 12:00 EST on Fri 27 Feb 2026"),
        ("2026-02-27 17:00:00", "2026-02-27 19:00:00", (NY,), "NYCO is stale: its newest price is of 12:00 EST"),
        ("", "2026-02-27 17:00:00", (NY,), "NYCO is stale: the session of Fri 27 Feb 2026 is open"),
        ("", "2026-02-27 22:00:00", (NY,), "NYCO is stale: 1 session has closed since Thu 26 Feb 2026"),
        ("", "2026-02-27 12:00:00", (), "on Thu 26 Feb 2026"),
    ],
)
def test_a_briefing_flags_the_same_prices(
    ledger: Ledger, traded: str, now: str, stale: tuple[str, ...], says: str
) -> None:
    put(ledger, LISTED[NY], "2026-02-26", traded)
    at = utc(now)
    briefing = build_briefing(ledger, [NY], at, at - timedelta(days=1), "America/New_York")
    text = " ".join(briefing.to_text(400).split())
    assert briefing.quality.stale == stale
    assert [c.stale for c in briefing.citations] == [bool(stale)]
    assert says in text
    if stale:
        assert "so far" not in text
