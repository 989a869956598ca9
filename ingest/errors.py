"""The errors of the write side and of the store. None carries a third-party type; causes are chained.

BellError                       anything a user is told in one line: the cause, then the next step
├── ConfigError                 a key or an argument that cannot be used             (exit 2)
├── StoreError                  the ledger or the index cannot be used
│   ├── StoreMissing            nothing has been ingested under this home yet        (exit 4)
│   ├── StoreVersion            written by another version of the schema
│   ├── WriterLocked            another process is writing
│   └── EmbeddingMismatch       the index was made with another embedding model
├── ModelError                  a model, tokenizer or adapter cannot be used
│   ├── ModelMissing            its package or folder is not there
│   └── ModelBusy               its server has no room now: `retry_after` says for how long
└── SourceError                 one source failed; a run goes on with the others
    ├── Blocked                 the address may not be reached (private network, scheme, proxy rule)
    ├── Held                    its server, or one it leads to, wants to be left alone: no failure
    ├── Unreachable             DNS, connection, TLS, time-out, cut-off body
    ├── Refused                 the server said no (4xx, 5xx)
    │   └── RateLimited         429 or 503: `retry_after` says for how long
    ├── TooLarge                more bytes than a feed may have, after decompression
    ├── NotAFeed                an answer that is no feed (an HTML page, an empty body)
    ├── NoData                  the source answered and had nothing usable
    └── NotStored               what it brought could not be written
"""

from datetime import datetime


class BellError(Exception):
    """`cause` in one line, and `fix`: what the user can do next. `exit_code` is the process's."""

    exit_code = 1
    usual_fix = ""  # where none is given

    def __init__(self, cause: str, fix: str = "") -> None:
        self.cause, self.fix = _one_line(cause), _one_line(fix or self.usual_fix)
        super().__init__(f"{self.cause}; {self.fix}" if self.fix else self.cause)


def _one_line(text: str) -> str:
    """Servers' words and odd file names end up in errors: nothing of them may act on a terminal."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


class ConfigError(BellError):
    exit_code = 2


class StoreError(BellError):
    pass


class StoreMissing(StoreError):
    exit_code = 4


class StoreVersion(StoreError):
    pass


class WriterLocked(StoreError):
    pass


class EmbeddingMismatch(StoreError):
    pass


class ModelError(BellError):
    pass


class ModelMissing(ModelError):
    pass


class ModelBusy(ModelError):
    """`retry_after`: whole seconds after which it is worth asking again."""

    def __init__(self, cause: str, retry_after: int) -> None:
        super().__init__(cause, f"ask again in {retry_after} s")
        self.retry_after = retry_after


class SourceError(BellError):
    """`kind` is the outcome's stable name in run reports."""

    kind = "failed"


class Blocked(SourceError):
    kind = "blocked"


class Held(SourceError):
    """Nobody was asked: `server` ("" for the source's own) is left alone until `until`."""

    kind = "held"

    def __init__(self, until: datetime, server: str = "") -> None:
        wait = f"not asked until {until.isoformat()}"
        super().__init__(f"leads to {server}, which is {wait}" if server else wait)
        self.until, self.server = until, server


class Unreachable(SourceError):
    kind = "unreachable"
    usual_fix = "check the connection, a later run asks again"


class Refused(SourceError):
    """`status` is the HTTP status, 0 where the source gave none."""

    kind = "refused"
    usual_fix = "a later run asks again; if that fails too, check the address"

    def __init__(self, cause: str, fix: str = "", status: int = 0) -> None:
        super().__init__(cause, fix)
        self.status = status


class RateLimited(Refused):
    """`retry_after`: the instant (UTC) before which the host must not be asked again, if it named one; `server`: who
    said so (scheme, name and port), "" where it is the one that was asked."""

    kind = "rate limited"
    usual_fix = "nothing to do: a later run asks again"

    def __init__(
        self, cause: str, fix: str = "", status: int = 429, retry_after: datetime | None = None, server: str = ""
    ) -> None:
        super().__init__(cause, fix, status)
        self.retry_after, self.server = retry_after, server


class TooLarge(SourceError):
    kind = "too large"


class NotAFeed(SourceError):
    kind = "not a feed"


class NoData(SourceError):
    kind = "unavailable"


class NotStored(SourceError):
    kind = "not stored"
    usual_fix = "a later run reads it again; `bell doctor` looks at the store"
