"""Twenty invented companies, each with a price and a story of its own, and a model that points at the right one: so
that whatever of one answer gets into another is seen."""

import re
from contextlib import closing
from typing import Any

from ingest.config import Config
from ingest.index import open_index
from ingest.ledger import upgrade_ledger
from ingest.nodes import article_nodes
from tests.conftest import article, put_market

FIRST = "Amber Birch Cobalt Dorado Ember Fennel Garnet Hazel Indigo Juniper".split()
SECOND = {"Foundry": "M", "Shipyards": "Y"}
NAMES = {f"{a[0]}{m}{a[1:3].upper()}": f"{a} {b}" for a in FIRST for b, m in SECOND.items()}  # AMMB: Amber Foundry
PRICE = {symbol: 100.0 + 10 * n + n / 100 for n, symbol in enumerate(NAMES, 1)}
SUM = {symbol: f"{n}.{n + 30} billion USD" for n, symbol in enumerate(NAMES, 1)}


def fill(config: Config, embedding: Any, name: str, size: int) -> None:
    """A store under `config.home`, its index made with `embedding` (called `name`, of `size` numbers)."""
    told = [
        article(f"{company} wins a contract", f"{company} won a contract worth {SUM[s]} in Oslo.", symbols=(s,))
        for s, company in NAMES.items()
    ]
    with closing(upgrade_ledger(config)) as ledger:
        for symbol, company in NAMES.items():
            put_market(ledger, symbol, [90.0, 91.0, 92.0, 93.0, 94.0, 95.0, PRICE[symbol]], company)
        ledger.news.put(told)
    nodes = [node for story in told for node in article_nodes(story)]
    for node in nodes:
        node.embedding = embedding.get_text_embedding(node.get_content())
    open_index(config, name, size, create=True).add(nodes)


def pointing(asked: dict[str, Any]) -> str:
    """The mark of the line that tells of the company in question; it is for the product to see that no other is
    shown."""
    prompt = asked["messages"][-1]["content"]
    symbol = re.search(r"\b[A-Z]{4}\b", prompt.rpartition("Question: ")[2])
    name = NAMES[symbol[0]] if symbol else "nobody"
    marks = re.findall(rf"^.*{name} won.* \[(\d+[a-z])\]$", prompt, re.MULTILINE)
    return " ".join(marks) or "Not in the evidence."
