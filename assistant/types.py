"""The records of the read side: what a question was understood as, the evidence, and the answer made of it.

All instants are aware UTC; dates are the exchange's. `to_dict` of `Answer` is the JSON contract of `bell ask --json`.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from llama_index.core.schema import NodeWithScore

Arm = Literal["base", "lora", "rag", "hybrid"]
ARMS: tuple[Arm, ...] = ("base", "lora", "rag", "hybrid")
Status = Literal["answered", "abstained", "refused", "error"]
Kind = Literal["price", "move", "high_low", "comparison", "news", "reason", "term", "advice", "other"]
Field = Literal["close", "open", "high", "low", "volume"]

# Understanding ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the exchange, both ends included. A move over it starts from the last close before `start`, or
    from the close of `start` itself where the question names that day as the beginning ("from 2 Feb to 13 Feb")."""

    start: date
    end: date
    label: str  # as said: "this week", "in January", "on 20 Feb 2026"
    from_start: bool = False

    @property
    def first_moving_day(self) -> date:
        """The first day whose session counts in a move; the last close before it is the base."""
        return self.start + timedelta(days=1) if self.from_start else self.start

    @property
    def single_day(self) -> bool:
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that the question gives; `currency` is "" where it names none."""

    value: float
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was asked. A mixed question has several."""

    kind: Kind
    text: str  # the words of this part, with what they refer to
    symbols: tuple[str, ...] = ()
    period: Period | None = None
    field: Field = "close"
    extreme: Literal["high", "low"] | None = None  # of a high_low question; None asks for both
    term: str | None = None  # of a term question; of another one the name of the figure that is asked for
    shares: tuple[float, ...] = ()  # of a position: how many of each of `symbols`
    money: Money | None = None  # of a sum: what was invested; of a position: what was paid a share


@dataclass(frozen=True, slots=True)
class Mention:
    """Which words were taken for which symbol."""

    text: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Words that may stand for several symbols, best guess first; asked back in chat, listed by `ask`."""

    text: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respelling:
    """A word that was taken for a slip of the keyboard, and what it was read as."""

    text: str
    word: str


@dataclass(frozen=True, slots=True)
class Understanding:
    question: str
    parts: tuple[Part, ...]
    mentions: tuple[Mention, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    unknown: tuple[str, ...] = ()  # words that look like symbols and are none that is known
    unclear: tuple[str, ...] = ()  # dates that do not exist ("30 February") or can be read two ways ("03/04/2026")
    earlier: tuple[str, ...] = ()  # symbols of the chat's question before: "which did better?" is of both
    respelled: tuple[Respelling, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for p in self.parts for s in p.symbols))


# Evidence --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Derivation:
    """How code computed a figure: the formula over named inputs, each a figure of the ledger or of the question. Of a
    run of closes the inputs are the first and the last."""

    formula: str
    inputs: tuple["Figure", ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with all that makes it one: `text` is how the answer prints it, sign and separators included.

    `unit` is a currency code as the exchange quotes it (`GBp` is pence), `points` (of an index), `percent`,
    `percentage points`, `basis points`, `shares` or "" (a plain number). A figure is one of three: a stored record
    (`session`, `source`, and the `checksum` of its row), a calculation (`derived_from`; over a run of rows its
    `checksum` is that of theirs), or a quotation (`field` is `quoted` or `reference`). `asked` is a number that the
    question itself gives.
    """

    text: str
    value: float
    unit: str
    symbol: str | None
    field: str
    as_of: datetime | None
    citation: int | None
    derived_from: Derivation | None = None
    session: date | None = None  # the exchange's day
    source: str = ""  # who delivered the record
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered item that an answer may cite. `text` is what the model reads; `url` may be empty."""

    n: int
    kind: Literal["quote", "news", "reference"]
    title: str
    text: str
    url: str
    source: str
    published: datetime | None  # of a quote: its as-of
    fetched: datetime | None
    symbols: tuple[str, ...] = ()
    score: float = 0.0
    also_at: tuple[str, ...] = ()  # other publishers of the same story
    basis: str = ""  # of prices: what they are adjusted for


@dataclass(frozen=True, slots=True)
class Dropped:
    """A find that did not become evidence, and why."""

    title: str
    source: str
    published: datetime | None
    score: float
    reason: str  # "beyond the best 5"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brings: nodes, best first, and what it left out."""

    nodes: "list[NodeWithScore]"
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer with the figures in it, each printed in `text` exactly as its `Figure.text`."""

    text: str
    figures: tuple[Figure, ...] = ()
    citations: tuple[int, ...] = ()


# The answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    n: int
    kind: Literal["quote", "news", "reference"]
    title: str
    url: str
    source: str
    published: datetime | None
    fetched: datetime | None
    age: str  # "2 d", "5 min", "unknown"
    stale: bool
    quote: str  # the sentence that supports the answer
    also_at: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The company and listing that words of the question were taken for; no name where the store holds none of it."""

    text: str
    symbol: str
    name: str
    exchange: str
    currency: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    base: str | None
    adapter: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question was put: with its words and its instant, all it takes to put it again."""

    arm: Arm | None = None  # None: each part takes the arm that was measured best for its kind
    use_model: bool = True
    strict: bool = False
    previous: Understanding | None = None  # of the chat's question before


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, complete. Every figure printed in `text` is in `figures`."""

    question: str
    text: str
    status: Status
    arm: Arm
    as_of: datetime
    figures: tuple[Figure, ...] = ()
    citations: tuple[Citation, ...] = ()
    warnings: tuple[str, ...] = ()
    model: ModelInfo = ModelInfo(None, None)
    timings_ms: dict[str, int] = field(default_factory=dict)
    notice: str = ""  # not investment advice
    listings: tuple[Listing, ...] = ()  # of every symbol that the question was taken to name
    understood: Understanding | None = None  # from here on the receipt, printed by `--explain` and `/why` only
    evidence: tuple[Evidence, ...] = ()  # all that was shown to code and model, cited or not
    dropped: tuple[Dropped, ...] = ()  # what else was found, and why it was left out
    ran: tuple[str, ...] = ()  # the checks that were run, or why none was needed
    checks: tuple[str, ...] = ()  # what they did: withheld, repaired, bound
    asked: Asked = Asked()
    arms: dict[Kind, Arm] = field(default_factory=dict)  # those that were chosen by the kind of a part

    def to_dict(self, explain: bool = False) -> dict[str, Any]:
        """JSON-ready; instants are ISO 8601 with offset. `explain` adds the receipt: what the question was
        understood as, all evidence with scores, what was dropped and why, the checks, and how it was put."""
        document: dict[str, Any] = plain(asdict(self))
        receipt = {k: document.pop(k) for k in RECEIPT}
        return document | ({"explain": receipt} if explain else {})


RECEIPT = ("understood", "evidence", "dropped", "ran", "checks", "asked", "arms")


def plain(value: Any) -> Any:
    """`value` with tuples as lists and instants as ISO text: what `json.dumps` takes."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value
