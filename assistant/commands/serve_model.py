"""`bell serve-model`: writes out what to start so that a model server, here or elsewhere, speaks for the product."""

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.context import current, note, out

if TYPE_CHECKING:
    from assistant.generator.vllm import ModelServer

_OTHERS = """\
Any other server with OpenAI's chat completions serves as well: name its model in generator_model and, where it offers
the adapter under a name of its own, that one in generator_adapter. Figures, citations and quotations are held against
the evidence here, whatever it says."""


def register(app: typer.Typer) -> None:
    app.command("serve-model")(serve_model)


def serve_model(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Where that server will listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Write out what to start to have the model on a server of its own (vLLM); starts nothing."""
    from assistant.generator.base_model import find_base
    from assistant.generator.inspection import check, peft_settings
    from assistant.generator.registry import base_name, in_use
    from assistant.generator.vllm import model_server, served_name

    context = current(ctx)
    adapter = in_use(context.config)
    rank = 0
    if adapter is not None:
        check(adapter, base_name(context.config))
        rank = int(peft_settings(adapter).get("r", 8))  # peft's own default
    base = find_base(context.config, note)
    served = model_server(base.source, served_name(base.name), adapter, rank, host, port)
    if context.json:
        context.print_json({"command": list(served.command), "settings": dict(served.settings)})
        return
    out("\n".join(_told(served)))


def _told(served: "ModelServer") -> Iterator[str]:
    yield "# 1. On the machine that runs the model, with these folders on it (`pip install vllm`; it wants a GPU):"
    yield 'export VLLM_API_KEY="$(openssl rand -hex 24)"'
    yield " \\\n    ".join(_lines(served.command))
    yield "\n# 2. Where bell runs (or the same keys in config.toml), with that key:"
    yield from (f"export BELL_{key.upper()}={shlex.quote(value)}" for key, value in served.settings.items())
    yield 'export BELL_GENERATOR_API_KEY="$VLLM_API_KEY"'
    yield "\n# 3. To see that it answers, and as what:"
    yield 'bell ask "What is a covenant?" --explain'
    yield "\n" + "\n".join(f"# {line}" for line in _OTHERS.splitlines())


def _lines(command: Sequence[str]) -> Iterator[str]:
    """The command, then each option with its value."""
    line: list[str] = []
    for word in command:
        if word.startswith("--") and line:
            yield shlex.join(line)
            line = []
        line.append(word)
    yield shlex.join(line)
