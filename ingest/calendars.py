"""Which trading calendar an instrument follows, and that calendar's sessions: the only file that knows
exchange_calendars, which it imports when sessions are first asked for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.types import MarketState, Session

ALWAYS, WEEKDAYS = "24/7", "24/5"

# Yahoo's exchange codes, by the calendar (ISO 10383, as exchange_calendars names it) whose sessions they keep. Athens,
# Bucharest and Tel Aviv are missing: exchange_calendars 4.13 fails on theirs under pandas 3, so they keep weekdays.
_CODES = {
    ALWAYS: "CCC",
    WEEKDAYS: "CCY",
    "XNYS": "NMS NGM NCM NAS NYQ NYS ASE PCX BTS CBO CXI WCB SNP DJI NIM PNK OQB OQX OQE OEM OBB",
    "CMES": "CME CBT NYM CMX",
    "IEPA": "NYB",
    "XTSE": "TOR VAN CNQ NEO",
    "XLON": "LSE IOB AQS FGI CXE",
    "XETR": "GER",
    "XFRA": "FRA",
    "XSTU": "STU MUN BER HAN",
    "XDUS": "DUS",
    "XHAM": "HAM",
    "XPAR": "PAR ENX",
    "XAMS": "AMS",
    "XBRU": "BRU",
    "XLIS": "LIS",
    "XMIL": "MIL TLO",
    "XMAD": "MCE",
    "XSWX": "EBS ZRH",
    "XWBO": "VIE",
    "XSTO": "STO",
    "XCSE": "CPH",
    "XHEL": "HEL",
    "XOSL": "OSL",
    "XICE": "ICE",
    "XDUB": "ISE",
    "XWAR": "WSE",
    "XPRA": "PRA",
    "XBUD": "BUD",
    "XTAL": "TAL",
    "XRIS": "RIS",
    "XLIT": "LIT",
    "XIST": "IST",
    "XTKS": "JPX TYO OSA FKA SAP",
    "XHKG": "HKG HSI",
    "XSHG": "SHH SHZ",
    "XKRX": "KSC KOE",
    "XTAI": "TAI TWO",
    "XBOM": "NSI BSE",
    "XASX": "ASX",
    "XNZE": "NZE",
    "XSES": "SES",
    "XBKK": "SET",
    "XIDX": "JKT",
    "XKLS": "KLS",
    "XPHS": "PHS PHP",
    "BVMF": "SAO",
    "XMEX": "MEX",
    "XBUE": "BUE",
    "XSGO": "SGO",
    "XJSE": "JNB",
    "XSAU": "SAU",
}
_BY_CODE = {code: calendar for calendar, codes in _CODES.items() for code in codes.split()}

_BY_ZONE = {  # for a code Yahoo adds later: the main market of its zone
    "America/New_York": "XNYS",
    "America/Chicago": "XNYS",
    "America/Toronto": "XTSE",
    "America/Sao_Paulo": "BVMF",
    "America/Mexico_City": "XMEX",
    "America/Buenos_Aires": "XBUE",
    "America/Argentina/Buenos_Aires": "XBUE",
    "America/Santiago": "XSGO",
    "America/Lima": "XLIM",
    "America/Bogota": "XBOG",
    "Europe/London": "XLON",
    "Europe/Dublin": "XDUB",
    "Europe/Berlin": "XETR",
    "Europe/Paris": "XPAR",
    "Europe/Amsterdam": "XAMS",
    "Europe/Brussels": "XBRU",
    "Europe/Lisbon": "XLIS",
    "Europe/Rome": "XMIL",
    "Europe/Madrid": "XMAD",
    "Europe/Zurich": "XSWX",
    "Europe/Vienna": "XWBO",
    "Europe/Stockholm": "XSTO",
    "Europe/Copenhagen": "XCSE",
    "Europe/Helsinki": "XHEL",
    "Europe/Oslo": "XOSL",
    "Europe/Warsaw": "XWAR",
    "Europe/Prague": "XPRA",
    "Europe/Budapest": "XBUD",
    "Europe/Istanbul": "XIST",
    "Europe/Moscow": "XMOS",
    "Africa/Johannesburg": "XJSE",
    "Asia/Riyadh": "XSAU",
    "Asia/Karachi": "XKAR",
    "Asia/Kolkata": "XBOM",
    "Asia/Calcutta": "XBOM",
    "Asia/Bangkok": "XBKK",
    "Asia/Jakarta": "XIDX",
    "Asia/Kuala_Lumpur": "XKLS",
    "Asia/Singapore": "XSES",
    "Asia/Manila": "XPHS",
    "Asia/Hong_Kong": "XHKG",
    "Asia/Shanghai": "XSHG",
    "Asia/Taipei": "XTAI",
    "Asia/Seoul": "XKRX",
    "Asia/Tokyo": "XTKS",
    "Australia/Sydney": "XASX",
    "Pacific/Auckland": "XNZE",
}

_EXTENDED = {"XNYS"}  # calendars whose shares also trade before the open and after the close
_PRE_OPENS = time(4)  # local
_POST_LASTS = timedelta(hours=4)  # until 20:00, on a half day until 17:00


def calendar_for(exchange_code: str, instrument_kind: str, zone: str) -> str:
    """The calendar of an instrument: by what it is, else by Yahoo's exchange code, else by the exchange's IANA zone.

    Where all are unknown it is `24/5`: no session is missed, and each closes with its UTC day.
    """
    if instrument_kind == "cryptocurrency":
        return ALWAYS
    if instrument_kind == "currency":
        return WEEKDAYS
    if calendar := _BY_CODE.get(exchange_code.upper()):
        return calendar
    if instrument_kind == "future" and zone in {"America/New_York", "America/Chicago"}:
        return "CMES"
    return _BY_ZONE.get(zone, WEEKDAYS)


def sessions(calendar: str, start: date, end: date) -> list[Session]:
    """The sessions of `calendar` from `start` to `end` (inclusive, dates of the exchange), oldest first.

    Half days close early. What lies outside the years the calendar is known for is left out. `24/7` and `24/5` have
    one session a UTC day, which closes when the day ends.
    """
    return [s for s in _years(calendar, start.year, end.year) if start <= s.day <= end]


@lru_cache(maxsize=128)
def _years(calendar: str, first: int, last: int) -> tuple[Session, ...]:
    """Whole years, so that the many symbols of a market share one computed calendar (about 0.2 s each)."""
    from exchange_calendars import get_calendar  # type: ignore[import-untyped]

    known = get_calendar(calendar)  # ends a year after the machine's clock, which may be far from the `now` of a replay
    earliest, latest = known.bound_min(), known.bound_max()
    start = max(date(first, 1, 1), earliest.date() if earliest else date.min)
    end = min(date(last, 12, 31), latest.date() if latest else date.max)
    if start > end:
        return ()
    schedule = get_calendar(calendar, start=start.isoformat(), end=end.isoformat()).schedule
    days = zip(schedule.index, schedule["open"], schedule["close"], strict=True)
    return tuple(Session(calendar, d.date(), _instant(opens), _instant(closes)) for d, opens, closes in days)


def _instant(stamp: datetime) -> datetime:
    return datetime.fromtimestamp(stamp.timestamp(), UTC)


def state_at(days: Sequence[Session], now: datetime, calendar: str, zone: str) -> MarketState:
    """The market's state at `now`, given the sessions around it (the days before and after suffice).

    A session is open from its open until just before its close. Shares of the US exchanges also trade from 4:00 local
    until the open and for four hours after the close; elsewhere all of that is `closed`.
    """
    if any(s.opens_at <= now < s.closes_at for s in days):
        return "open"
    local = now.astimezone(ZoneInfo(zone))
    today = next((s for s in days if s.day == local.date()), None)
    if today is None or calendar not in _EXTENDED:
        return "closed"
    if now < today.opens_at:
        return "pre" if local.time() >= _PRE_OPENS else "closed"
    return "post" if now < today.closes_at + _POST_LASTS else "closed"
