"""`bell serve`: answers over HTTP."""

from ipaddress import ip_address
from typing import Annotated

import typer

from assistant.commands.context import current, note
from assistant.commands.write import refresher
from assistant.config import AssistantConfig
from ingest.errors import BellError, ConfigError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on; by default this machine alone can ask.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8787,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name it may be asked under, such as a proxy's; may be repeated.")
    ] = None,
    no_token: Annotated[bool, typer.Option("--no-token", help="Ask for no token: on this machine alone.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Questions worked on at once.")] = 4,
    queue: Annotated[int, typer.Option(min=0, max=10_000, help="Questions that may wait; beyond them: 503.")] = 32,
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds a question has, waiting included.")] = 120,
    rate: Annotated[int, typer.Option(min=1, help="Requests a minute from one address; beyond them: 429.")] = 120,
) -> None:
    """Answer over HTTP: /ask, /briefing, and an OpenAI-compatible /v1 for chat clients (docs/SERVING.md)."""
    context = current(ctx)
    context.no_json("bell serve")
    local = _is_local(host)
    if no_token and not local:
        raise ConfigError(f"--no-token would let everybody ask who reaches {host}", "leave it out, or --host")
    _need_packages()
    from assistant.api import make_assistant
    from assistant.serving.app import Limits, make_app
    from assistant.serving.guard import Access
    from assistant.serving.run import listen, server

    config = context.config
    assistant = make_assistant(config, progress=note, refresh=refresher(config))
    hosts = _LOOPBACK | {_in_url(host)} if local else frozenset[str]()
    names = hosts | {name.lower() for name in allow_host or ()}
    listening = listen(host, port)
    access = Access(None if no_token else _token(config), names or None)
    limits = Limits(workers, queue, timeout, rate)
    note(f"Listening on http://{_in_url(host)}:{listening.getsockname()[1]} (Ctrl-C ends it)")
    if not local:
        note("warning: other machines can reach it, and the token crosses the network as it is; put TLS before it")
    server(make_app(assistant, access, limits)).run([listening])
    assistant.close()


def _token(config: AssistantConfig) -> str:
    """The token of this home; the first time it is made, and shown."""
    from assistant.serving.token import make_token, read_token, token_file

    if made := make_token(config.home):
        note(f"The token that requests must bear, shown this once: {made}")
    note(f"The token is kept in {token_file(config.home)}; remove that file to get a new one")
    return made or read_token(config.home)


def _need_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise BellError(f"`bell serve` needs {', '.join(missing)}", "pip install 'openingbell[serve]'")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
