"""A run report for machines (JSON) and for people (some lines). Pure."""

from collections.abc import Iterator
from typing import Any

from ingest.types import Counts, RunReport, SourceReport


def report_json(report: RunReport) -> dict[str, Any]:
    """The document that `bell ingest --json` prints."""
    return {
        "started": report.started.isoformat(),
        "seconds": report.seconds,
        "sources": [
            {"url": s.url, "kind": s.kind, "outcome": s.outcome, **_counts(s.counts), "rejected": s.rejected,
             "error": s.error, "seconds": s.seconds}
            for s in report.sources
        ],
        "totals": {
            **_counts(_total(report)),
            "rejected": sum(s.rejected for s in report.sources),
            "failed": report.failed,
            "held": sum(s.outcome == "held" for s in report.sources),
        },
        "indexed": report.indexed,
        "warnings": list(report.warnings),
        "exit_code": report.exit_code,
    }  # fmt: skip


def report_lines(report: RunReport) -> Iterator[str]:
    """One line a source, what was held back and noticed, then one line of sums."""
    for source in (s for s in report.sources if s.outcome != "held"):
        told = f"{source.outcome}: {source.error}" if source.failed else _told(source)
        yield f"{'failed' if source.failed else 'ok':<6} {source.url}: {told} ({source.seconds:.1f} s)"
    for error in sorted({s.error or "" for s in report.sources if s.outcome == "held"}):
        held = [s for s in report.sources if s.outcome == "held" and s.error == error]
        yield f"held   {_some(held)}: {error}"
    for warning in report.warnings:
        yield f"warning: {warning}"
    total = _total(report)
    yield (
        f"{len(report.sources)} sources: {total.new} new, {total.updated} updated, {total.unchanged} unchanged, "
        f"{report.failed} failed; {report.indexed} indexed; {report.seconds:.1f} s"
    )


def _told(source: SourceReport) -> str:
    if source.outcome == "not modified":
        return "not modified"
    counts = source.counts
    rejected = f", {source.rejected} rejected" if source.rejected else ""
    return f"{counts.new} new, {counts.updated} updated, {counts.unchanged} unchanged{rejected}"


def _total(report: RunReport) -> Counts:
    return sum((s.counts for s in report.sources), Counts())


def _counts(counts: Counts) -> dict[str, int]:
    return {"new": counts.new, "updated": counts.updated, "unchanged": counts.unchanged}


def _some(sources: list[SourceReport]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return sources[0].url + more
