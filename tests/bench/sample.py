"""The bundled sample market, read through the real readers into a home."""

from pathlib import Path

from assistant import AssistantConfig
from assistant.sample.market import SAMPLE_NOW, serve
from ingest.__main__ import run_ingest
from ingest.ledger import upgrade_ledger


def sample(home: Path) -> AssistantConfig:
    with serve(SAMPLE_NOW) as market:
        config = AssistantConfig(
            home=home, yahoo_base_url=market.base_url, allow_private_hosts=market.hosts, now=SAMPLE_NOW
        )
        ledger = upgrade_ledger(config)
        ledger.sources.watch(market.symbols, SAMPLE_NOW)
        ledger.sources.add_feeds(market.feeds, SAMPLE_NOW)
        ledger.close()
        run_ingest(config)
    return config
