"""What may be asked over HTTP: the shapes of the requests, and their limits."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from assistant.types import Arm

LONGEST = 4_000  # characters of a question
REMEMBERED = 20  # questions of a conversation that a follow-up may lean on
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


def _is_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a character (a lone surrogate)") from None
    return value


def _plausible(value: datetime) -> datetime:
    if value < _OLDEST:
        raise ValueError("is before 1970")
    return value


Text = Annotated[str, AfterValidator(_is_text)]
Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]


class Question(BaseModel):
    """The body of `/ask`; `as_of` asks for the answer that was possible then, `explain` for the receipt too."""

    model_config = ConfigDict(extra="forbid")

    question: Text = Field(min_length=1, max_length=LONGEST)
    arm: Arm | None = None
    use_model: bool = True
    as_of: Instant | None = None
    explain: bool = False


class Piece(BaseModel):
    """A part of a message; only text is read."""

    type: str = "text"
    text: Text = ""


class Message(BaseModel):
    role: str
    content: Text | list[Piece] | None = None

    @property
    def words(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(p.text for p in self.content if p.type == "text")
        return self.content or ""


class Conversation(BaseModel):
    """The body of `/v1/chat/completions`. What else OpenAI's clients send (`temperature`, `tools`, ...) is taken and
    has no effect: evidence and rules decide what is said."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=1_000)
    stream: bool = False
    n: Literal[1] | None = None
    as_of: Instant | None = None

    @property
    def questions(self) -> list[str]:
        """What the user asked, oldest first, as far as it may be leant on."""
        asked = (m.words.strip() for m in self.messages if m.role == "user")
        return [words for words in asked if words][-REMEMBERED:]


def complaint(errors: Any) -> str:
    """The first thing that is wrong with a request, by the name of the field."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query"})
    reason = str(first["msg"]).removeprefix("Value error, ")
    return f"`{where}`: {reason}" if where else reason
