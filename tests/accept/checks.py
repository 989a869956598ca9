"""What `make accept` runs: the proofs by name. A test file that has more to prove there is found by itself."""

import re
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent
_FULLER = re.compile(r"^from tests\.sizes import", re.MULTILINE)

_NAMED = {
    "fifty feeds, half of them bad": "test_isolation",
    "manners of fetching": "test_http test_schedule test_validators",
    "idempotence": "test_pipeline test_news",
    "encodings": "test_encodings test_feedparser_conformance",
    "edits and duplicates": "test_ledger test_stories test_retrievers",
    "quote gate": "test_gate test_splits test_quotes",
    "sessions and a second source": "test_calendars test_second",
    "one writer, and a new index": "test_lock test_reindex test_recall",
    "addresses": "test_http_forbidden test_addresses",
    "bombs": "test_news_bombs",
    "injection": "test_injection test_unfit",
    "terminal, HTML, Markdown": "test_render_hostile",
    "briefing in Chromium": "accept/chromium",
    "filters, SQL and paths": "test_filters_hostile test_commands_hostile",
    "model files": "test_generator test_registry test_base_model",
    "the adapter's behaviour": "accept/fingerprint",
    "secrets": "test_secrets",
    "server": "test_serving test_serving_live",
    "supply chain": "test_audit",
    "wrong answers": "test_mutants test_liar",
    "staleness and time travel": "test_staleness test_time_travel",
    "scope and identity": "test_scope test_identity",
}


def checks() -> dict[str, list[str]]:
    """name -> test files: the named ones, then each further file that proves more under `make accept`."""
    named = {name: files.split() for name, files in _NAMED.items()}
    known = {stem for stems in named.values() for stem in stems}
    found = sorted(p.stem for p in _TESTS.glob("test_*.py") if _FULLER.search(p.read_text(encoding="utf-8")))
    more = {stem.removeprefix("test_"): [stem] for stem in found if stem not in known}
    return {name: [str(_TESTS / f"{stem}.py") for stem in stems] for name, stems in (named | more).items()}
