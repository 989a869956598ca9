"""What starts the model as a vLLM server: base and adapter under two names, as `RemoteModel` asks for them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The local engine reads prompts of this many tokens, answer included; a longer window would only take memory.
WINDOW = 2048
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # what --max-lora-rank takes


@dataclass(frozen=True, slots=True)
class ModelServer:
    """`command` starts it, once its key is in VLLM_API_KEY; `settings` are the product's keys for asking it."""

    command: tuple[str, ...]
    settings: Mapping[str, str]


def model_server(base: str, name: str, adapter: Path | None, rank: int, host: str, port: int) -> ModelServer:
    """The server of the model at `base` (folder or hub id), to be called `name`, on `host` and `port`.

    With the LoRA in the folder `adapter`, of rank `rank`, that is served beside it as NAME-tuned. Generation defaults
    of the model's own folder are left out, so that an answer is greedy and nothing else, as the local engine's is.
    """
    command = ["vllm", "serve", base, "--served-model-name", name, "--max-model-len", str(WINDOW)]
    command += ["--generation-config", "vllm", "--host", host, "--port", str(port)]
    shown = f"[{host}]" if ":" in host else host
    settings = {"generator_url": f"http://{shown}:{port}/v1", "generator_model": name}
    if adapter is not None:
        tuned = f"{name}-tuned"
        command += ["--enable-lora", "--max-lora-rank", str(_at_least(rank)), "--lora-modules", f"{tuned}={adapter}"]
        settings["generator_adapter"] = tuned
    return ModelServer(tuple(command), settings)


def served_name(model: str) -> str:
    """A model's id or folder as a name to be called by: `SmolLM2-135M-Instruct`."""
    return Path(model).name or model


def _at_least(rank: int) -> int:
    return next((r for r in _RANKS if r >= rank), _RANKS[-1])
