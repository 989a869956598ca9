"""An OpenAI-compatible server as the generator: LlamaIndex's `OpenAILike`, with limits, and errors one can act on."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from typing import Any, cast

import httpx
import openai
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]

from assistant.generator.line import Full, Line
from ingest.config import Config
from ingest.errors import ConfigError, ModelBusy, ModelError

TIMEOUT = 60.0  # seconds without a byte: a first token waits for those before it
CONNECT = 5.0  # seconds until a server that is there has taken a connection
WHOLE = 180.0  # seconds for an answer, however steadily it drips
AT_ONCE = 32  # requests: more than a server works on at once only wait there, unseen
WAITING = 64  # requests in line here before the next is told to come back
PATIENCE = 30.0  # seconds in that line
MAX_TOKENS = 160
SOON = 5  # seconds until it is worth asking again, where the server does not say
_SEE_LOG = "read that server's log"
_START = "start it or correct generator_url (`bell serve-model` tells how)"
_NO_KEY = "none"  # never empty: the client would then send the OPENAI_API_KEY of the environment elsewhere


def load_remote(config: Config) -> "RemoteModel":
    """The server of `generator_url`. Nothing is sent yet. Raises `ConfigError`."""
    url, model = config.generator_url or "", config.generator_model
    if not _is_web_address(url):
        raise ConfigError("generator_url is no http address", "give it as http://host:port/v1")
    if not model:
        raise ConfigError("generator_url is set and generator_model is not", "name the model that server serves")
    return RemoteModel(url, model, config.generator_api_key, config.generator_adapter)


class RemoteModel(CustomLLM):
    """Greedy chat on that server: at most 160 tokens (`max_tokens=` changes it), no retries.

    `adapter` is the name under which it serves the model with the adapter (vLLM: a LoRA module); without one, whether
    there is an adapter is the server's choice. Many threads may ask; `AT_ONCE` are let through. Raises `ModelError`,
    and `ModelBusy` where the line is full, here or there.
    """

    adapter_enabled: bool = True
    _adapter: str | None = PrivateAttr()
    _line: Line = PrivateAttr()
    _shown: str = PrivateAttr()  # the address, fit for messages
    _key: str = PrivateAttr()
    _server: OpenAILike = PrivateAttr()
    _opened: Any = PrivateAttr(default_factory=threading.local)  # `response`: the one that this thread had opened

    def __init__(self, url: str, model: str, key: str | None = None, adapter: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        address = httpx.URL(url)
        self._adapter, self._line = adapter, Line(AT_ONCE, WAITING, PATIENCE)
        self._shown = str(address.copy_with(userinfo=b""))
        self._key = key or _NO_KEY
        self._server = OpenAILike(
            model=model,
            api_base=url,
            api_key=self._key,
            is_chat_model=True,
            temperature=0.0,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=httpx.Client(
                trust_env=not _is_loopback(address.host), timeout=TIMEOUT, event_hooks={"response": [self._note]}
            ),
        )

    @classmethod
    def class_name(cls) -> str:
        return "RemoteModel"

    @property
    def metadata(self) -> LLMMetadata:
        metadata: LLMMetadata = self._server.metadata
        return metadata.model_copy(update={"num_output": MAX_TOKENS})

    @property
    def model_info(self) -> dict[str, Any]:
        """`base` is the served model's name. Whether that has an adapter is told only where one is named."""
        adapter = "as served" if self._adapter is None else self._adapter if self.adapter_enabled else None
        return {"base": self._server.model, "adapter": adapter}

    def with_adapter(self, enabled: bool) -> "RemoteModel":
        """A view on the same server that asks the model with or without the adapter, where that has a name."""
        return self.model_copy(update={"adapter_enabled": enabled})

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        with self._told():
            return cast(ChatResponse, self._server.chat(messages, **self._request(kwargs)))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return self._passed_on(self._server.stream_chat(messages, **self._request(kwargs)))

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        with self._told():
            return cast(CompletionResponse, self._server.complete(prompt, formatted, **self._request(kwargs)))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return self._passed_on(self._server.stream_complete(prompt, formatted, **self._request(kwargs)))

    def _request(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        # Given with each call: a limit set on the client would win over the caller's.
        name = self._adapter if self._adapter and self.adapter_enabled else self._server.model
        times = httpx.Timeout(TIMEOUT, connect=CONNECT)
        return kwargs | {"model": name, "max_tokens": kwargs.get("max_tokens") or MAX_TOKENS, "timeout": times}

    def _passed_on(self, stream: Iterator[Any]) -> Generator[Any, None, None]:
        """`stream` within its time. Whoever closes it has the server stop: the client libraries leave that to the
        garbage collector."""
        with self._told(), ExitStack() as last:
            end = time.monotonic() + WHOLE
            for i, piece in enumerate(stream):
                if i == 0:
                    last.callback(self._opened.response.close)
                if time.monotonic() > end:
                    raise ModelError(f"the model server {self._shown} was not done in {WHOLE:g} s", _SEE_LOG)
                yield piece

    def _note(self, response: httpx.Response) -> None:
        self._opened.response = response

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A place in the line, and the errors of what happens there as ours."""
        try:
            with self._line.place():
                yield
        except Full as error:
            before = f"has {error.before} questions to answer first"
            raise ModelBusy(f"the model server {self._shown} {before}", SOON) from error
        except openai.APIStatusError as error:
            if error.status_code in {429, 503}:
                raise ModelBusy(self._status(error), _seconds(error.response.headers.get("retry-after"))) from error
            raise ModelError(self._status(error), _FIXES.get(error.status_code, _SEE_LOG)) from error
        except (openai.APIConnectionError, httpx.TransportError) as error:
            raise ModelError(f"the model server {self._shown} {_reason(error)}", _START) from error
        except openai.APIError as error:
            raise ModelError(f"the model server {self._shown} failed: {self._said(error)}", _SEE_LOG) from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, IndexError) as error:
            # What the client libraries do with an answer of another shape.
            raise ModelError(
                f"the model server {self._shown} gave no OpenAI chat answer", "generator_url usually ends in /v1"
            ) from error

    def _status(self, error: openai.APIStatusError) -> str:
        return f"the model server {self._shown} answered {error.status_code}: {self._said(error)}"

    def _said(self, error: openai.APIError) -> str:
        return error.message.replace(self._key, "***")[:200]


_FIXES = {
    401: "set generator_api_key to the key of that server",
    403: "set generator_api_key to the key of that server",
    404: "generator_url usually ends in /v1, and generator_model and generator_adapter must be served there",
}


def _seconds(retry_after: str | None) -> int:
    """The header in whole seconds, within reason; dates are not worth their reading here."""
    told = retry_after or ""
    return min(max(int(told), 1), 300) if told.isdecimal() and len(told) < 6 else SOON


def _is_web_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in {"http", "https"} and bool(parsed.host)


def _is_loopback(host: str) -> bool:
    """No proxy of the environment can reach this machine's own servers."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return "did not answer in time"
    return "broke off its answer" if isinstance(error, httpx.RemoteProtocolError) else "cannot be reached"
