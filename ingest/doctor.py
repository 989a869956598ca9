"""`bell doctor`: is what is stored what was written? Names what is wrong, and mends what can be proved or read again.

Nothing is invented: a damaged row is put back only where its own seal proves what it was, out of a backup or the index;
else it is taken out, and its source is asked in full by the next run.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ingest.agreement import index_in_use, lacking, strays
from ingest.backup import backups, rebuild
from ingest.config import Config, load_config
from ingest.errors import BellError, StoreDamaged, StoreError, StoreMissing
from ingest.ledger import Ledger, open_ledger
from ingest.ledger.copies import opened
from ingest.ledger.integrity import Damage, counterparts, examine, faults, mend, rebuild_indices, remove
from ingest.lock import holder, writer_lock

State = Literal["ok", "mended", "lost", "wrong"]
ROOM = 200_000_000  # bytes that should be free: an ingest of years, and a backup
_REPAIR = "run `bell doctor --repair`"
_OF_YAHOO = {"bars", "quotes", "actions", "instruments", "former_names"}


@dataclass(frozen=True)
class Check:
    """One thing looked at. `fix` is the next step where something is wrong; `lost` is what a repair could only take
    out, to be read again."""

    about: str  # folder, config, lock, ledger, index
    state: State
    found: str
    fix: str = ""


def check(config: Config) -> list[Check]:
    """Looks at everything and changes nothing; also while another process writes. `StoreMissing` before the first
    ingest."""
    found = [_folder(config), *_config_file(config)]
    try:
        found.append(_lock(config))
        with closing(open_ledger(config)) as ledger:
            found += _ledger(ledger)
            found += _index(config, ledger)
    except StoreMissing:
        raise
    except StoreError as error:
        found.append(Check("ledger", "wrong", error.cause, error.fix))
    return found


def repair(config: Config, now: datetime) -> list[Check]:
    """Mends what `check` finds wrong with the store; what was done, then what is still wrong."""
    with writer_lock(config, "bell doctor --repair", now), closing(open_ledger(config)) as ledger:
        try:
            done = [*_mend_file(config, ledger, now), *_mend_rows(config, ledger, now)]
            done += _mend_index(config, ledger, now)
        except StoreError as error:
            done = [Check("ledger", "wrong", error.cause, "run `bell restore` with a backup")]
    told = {c.found for c in done}
    return [*done, *(c for c in check(config) if c.about != "lock" and c.found not in told)]


# The folder ------------------------------------------------------------------------------------------------------


def _folder(config: Config) -> Check:
    free = shutil.disk_usage(config.home).free if config.home.exists() else ROOM
    if not os.access(config.home, os.W_OK) and config.home.exists():
        return Check("folder", "wrong", f"{config.home} cannot be written", "correct its permissions")
    if free < ROOM:
        return Check("folder", "wrong", f"{free / 1e6:.0f} MB are free at {config.home}", "make room on the disk")
    return Check("folder", "ok", f"{config.home}: {free / 1e9:.1f} GB free")


def _config_file(config: Config) -> Iterator[Check]:
    file = config.home / "config.toml"
    if file.exists():
        _, warnings = load_config({"home": config.home}, {})
        yield Check("config", "wrong", warnings[0], "") if warnings else Check("config", "ok", str(file))


def _lock(config: Config) -> Check:
    return Check("lock", "ok", holder(config) or "nobody is writing")


# The ledger ------------------------------------------------------------------------------------------------------


def _ledger(ledger: Ledger) -> Iterator[Check]:
    wrong = [Check("ledger", "wrong", told, _REPAIR) for told in faults(ledger.engine)]
    count, damaged = examine(ledger.engine)
    wrong += [Check("ledger", "wrong", f"a damaged row in {d.named}", _REPAIR) for d in damaged]
    yield from wrong or [Check("ledger", "ok", f"{count} rows are what was written")]


def _mend_file(config: Config, ledger: Ledger, now: datetime) -> Iterator[Check]:
    if not _is_broken(ledger):
        return
    with suppress(StoreDamaged):  # not the indices alone
        rebuild_indices(ledger.engine)
    if not _is_broken(ledger):
        yield Check("ledger", "mended", "its own indices were made anew from its tables")
        return
    made = rebuild(config, now)
    _compute_sessions(ledger, now)  # no source tells those again
    kept = f"; the damaged file is kept as {made.aside.name}" if made.aside else ""
    told = f"pages of its file were damaged: it was made anew from the {made.rows} rows that could be read and proved"
    yield Check("ledger", "lost", f"{told}; every source is read in full by the next `bell ingest`{kept}")


def _is_broken(ledger: Ledger) -> bool:
    try:
        return bool(faults(ledger.engine))
    except StoreDamaged:
        return True


def _mend_rows(config: Config, ledger: Ledger, now: datetime) -> Iterator[Check]:
    _, damaged = examine(ledger.engine)
    for damage in damaged:
        if origin := _put_back(config, ledger, damage):
            yield Check("ledger", "mended", f"{damage.named}: put back from {origin}")
        else:
            remove(ledger.engine, damage)
            yield _asked_again(ledger, damage, now)


def _put_back(config: Config, ledger: Ledger, damage: Damage) -> str:
    """From where the row came back; "" if nothing proves what it was."""
    if mend(ledger.engine, damage, [damage.values]):
        return "itself: what cannot be read of it can be told anew"
    for file in backups(config):
        try:
            with opened(file) as backup:
                if mend(ledger.engine, damage, counterparts(backup, damage)):
                    return f"the backup {file.name}"
        except StoreError:  # a backup that is damaged itself, or of another version
            continue
    if damage.table.name == "articles" and mend(ledger.engine, damage, _as_indexed(config, damage)):
        return "the index"
    return ""


def _as_indexed(config: Config, damage: Damage) -> Iterator[dict[str, Any]]:
    """The row with what the index holds of its article; of several chunks the text is not put together again."""
    try:
        index = index_in_use(config)
        nodes = index.get_nodes([f"{damage.values.get('id')}:{n}" for n in (0, 1)]) if index else []
    except BellError:  # told where the index is looked at
        return
    from ingest.nodes import article_fields

    for node in nodes[:1]:
        fields = article_fields(node)
        for text in {damage.values.get("text"), "", node.get_content() if len(nodes) == 1 else ""}:
            yield {**damage.values, **fields, "text": text}


def _asked_again(ledger: Ledger, damage: Damage, now: datetime) -> Check:
    """What becomes of a row that is lost here: its source may still have it."""
    sources = ledger.sources.states()
    if damage.table.name == "articles":
        feed = str(damage.values.get("feed"))
        asked = [feed] if feed in sources else [url for url, s in sources.items() if s.kind == "news"]
    elif damage.table.name in _OF_YAHOO:
        symbol = f"yahoo:{damage.values.get('symbol')}"
        asked = [symbol] if symbol in sources else [url for url, s in sources.items() if s.kind == "quotes"]
    else:
        asked = []
    ledger.sources.read_again(asked)
    again = f"; {sources[asked[0]].shown} is read in full by the next `bell ingest`" if len(asked) == 1 else ""
    again = f"; {len(asked)} sources are read in full by the next `bell ingest`" if len(asked) > 1 else again
    if damage.table.name == "sessions":
        _compute_sessions(ledger, now)
        again = "; its calendar was computed again"
    return Check("ledger", "lost", f"{damage.named}: was damaged and is taken out{again}")


def _compute_sessions(ledger: Ledger, now: datetime) -> None:
    from ingest.calendars import sessions
    from ingest.polling.quotes import A_YEAR

    for calendar in {i.calendar for i in ledger.market.instruments().values()}:
        with suppress(Exception):  # of the calendar's package: prices are good without
            ledger.market.put_sessions(sessions(calendar, now.date() - A_YEAR, now.date() + A_YEAR))


# The index -------------------------------------------------------------------------------------------------------


def _index(config: Config, ledger: Ledger) -> Iterator[Check]:
    try:
        index = index_in_use(config)
        if index is None:
            yield Check("index", "ok", "there is none yet: the next `bell ingest` makes it")
            return
        missed, left_over = lacking(ledger, index, config.clock()), strays(ledger, index)
        count = index.count()
    except StoreDamaged:  # a row of the ledger: told there
        return
    except BellError as error:
        yield Check("index", "wrong", error.cause, error.fix)
        return
    if missed:
        yield Check("index", "wrong", f"{_some(missed)} of the ledger are not in the index", _REPAIR)
    if left_over:
        yield Check("index", "wrong", f"{_some(left_over)} of the index are not in the ledger", _REPAIR)
    if not missed and not left_over:
        yield Check("index", "ok", f"{count} nodes agree with the ledger")


def _mend_index(config: Config, ledger: Ledger, now: datetime) -> Iterator[Check]:
    try:
        index = index_in_use(config)
        if index is None:
            return
        missed, left_over = lacking(ledger, index, now), strays(ledger, index)
        index.delete_documents(sorted(left_over))
    except StoreDamaged:
        raise
    except BellError:  # the check that follows tells it
        return
    if left_over:
        yield Check("index", "mended", f"{_some(left_over)} that are not in the ledger are gone from it")
    if missed:
        ledger.forget_index()  # what it holds is recognised and not embedded again
        yield Check("index", "mended", f"{_some(missed)} are indexed by the next `bell ingest`")


def _some(documents: set[str]) -> str:
    first = ", ".join(sorted(documents)[:3])
    return f"{len(documents)} ({first}{', ...' if len(documents) > 3 else ''})"
