"""`bell demo`: the whole road on a bundled, invented market, through the real readers and without the internet."""

import typer

from assistant.commands.ask import tell
from assistant.commands.brief import write_atomically
from assistant.commands.context import aside, current, note, out, show
from assistant.config import AssistantConfig

QUESTIONS = (
    "What did Kestrel Robotics close at?",
    "How did TDWL do this week?",
    "Why did KSTL rise on Wednesday?",
    "What is diversification?",
)


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(ctx: typer.Context) -> None:
    """Ingest the sample market, answer four questions and print a briefing. All companies and prices are invented."""
    from assistant.api import make_assistant
    from assistant.sample.market import SAMPLE_NOW, serve
    from ingest.__main__ import run_ingest
    from ingest.__main__ import show as show_run
    from ingest.ledger import upgrade_ledger

    context = current(ctx)
    context.no_json("bell demo")
    home = context.config.home / "demo"
    out("Sample market: all companies, prices and stories below are invented.")
    with serve(SAMPLE_NOW) as market:
        config = AssistantConfig(
            home=home,
            yahoo_base_url=market.base_url,
            allow_private_hosts=market.hosts,
            now=SAMPLE_NOW,
        )
        ledger = upgrade_ledger(config)
        ledger.sources.watch(market.symbols, SAMPLE_NOW)
        ledger.sources.remove_feeds([u for u in ledger.sources.feeds() if u not in market.feeds])
        ledger.sources.add_feeds(market.feeds, SAMPLE_NOW)
        out("\n$ bell ingest")
        show_run(run_ingest(config, "all", due=False))
    assistant = make_assistant(config, progress=aside)
    for question in QUESTIONS:
        out(f'\n$ bell ask "{question}"')
        tell(assistant.stream(question), assistant.zone.key)
    out("\n$ bell brief --since 7d")
    briefing = assistant.briefing("7d")
    show(briefing.render("text"))
    write_atomically(home / "briefing.html", briefing.render("html"))
    note(f"wrote {home / 'briefing.html'}\n\nNow with real data: bell watch add AAPL MSFT && bell ingest && bell")
