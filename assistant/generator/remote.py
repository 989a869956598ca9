"""An OpenAI-compatible server as the generator: LlamaIndex's `OpenAILike`, with errors a user can act on."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
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

from ingest.config import Config
from ingest.errors import ConfigError, ModelError

TIMEOUT = 60.0  # seconds without a byte
MAX_TOKENS = 160
_SEE_LOG = "read that server's log"
_NO_KEY = "none"  # never empty: the client would then send the OPENAI_API_KEY of the environment elsewhere


def load_remote(config: Config) -> "RemoteModel":
    """The server of `generator_url`. Nothing is sent yet. Raises `ConfigError`."""
    url, model = config.generator_url or "", config.generator_model
    if not _is_web_address(url):
        raise ConfigError("generator_url is no http address", "give it as http://host:port/v1")
    if not model:
        raise ConfigError("generator_url is set and generator_model is not", "name the model that server serves")
    return RemoteModel(url, model, config.generator_api_key)


class RemoteModel(CustomLLM):
    """Greedy chat on that server: at most 160 tokens (`max_tokens=` changes it), no retries. Raises `ModelError`."""

    _shown: str = PrivateAttr()  # the address, fit for messages
    _key: str = PrivateAttr()
    _server: OpenAILike = PrivateAttr()

    def __init__(self, url: str, model: str, key: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        address = httpx.URL(url)
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
            http_client=httpx.Client(trust_env=not _is_loopback(address.host), timeout=TIMEOUT),
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
        """`base` is the served model's name. Whether that has an adapter only its server knows."""
        return {"base": self._server.model, "adapter": "as served"}

    def with_adapter(self, enabled: bool) -> "RemoteModel":  # noqa: ARG002 - one interface for both
        """Itself: the adapter is the server's choice."""
        return self

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        with self._told():
            return cast(ChatResponse, self._server.chat(messages, **_bounded(kwargs)))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return self._passed_on(self._server.stream_chat(messages, **_bounded(kwargs)))

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        with self._told():
            return cast(CompletionResponse, self._server.complete(prompt, formatted, **_bounded(kwargs)))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return self._passed_on(self._server.stream_complete(prompt, formatted, **_bounded(kwargs)))

    def _passed_on(self, stream: Iterator[Any]) -> Generator[Any, None, None]:
        with self._told():
            yield from stream

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except openai.APIStatusError as error:
            raise ModelError(*self._refused(error)) from error
        except (openai.APIConnectionError, httpx.TransportError) as error:
            reason = "did not answer in time" if _timed_out(error) else "cannot be reached"
            raise ModelError(f"the model server {self._shown} {reason}", "start it or correct generator_url") from error
        except openai.APIError as error:
            raise ModelError(f"the model server {self._shown} failed: {self._said(error)}", _SEE_LOG) from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, IndexError) as error:
            # What the client libraries do with an answer of another shape.
            raise ModelError(
                f"the model server {self._shown} gave no OpenAI chat answer", "generator_url usually ends in /v1"
            ) from error

    def _refused(self, error: openai.APIStatusError) -> tuple[str, str]:
        fix = {
            401: "set generator_api_key to the key of that server",
            403: "set generator_api_key to the key of that server",
            404: "generator_url usually ends in /v1, and generator_model must be served there",
            429: "wait a little and ask again",
        }.get(error.status_code, _SEE_LOG)
        return f"the model server {self._shown} answered {error.status_code}: {self._said(error)}", fix

    def _said(self, error: openai.APIError) -> str:
        return error.message.replace(self._key, "***")[:200]


def _bounded(kwargs: dict[str, Any]) -> dict[str, Any]:
    # Given with each call: a limit set on the client would win over the caller's.
    return kwargs | {"max_tokens": kwargs.get("max_tokens") or MAX_TOKENS}


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


def _timed_out(error: Exception) -> bool:
    return isinstance(error, openai.APITimeoutError | httpx.TimeoutException)
