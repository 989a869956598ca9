"""The briefing as one HTML file: no script, no remote load, and a policy that allows its own style sheet alone."""

import base64
import hashlib
import re
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from assistant.briefing.document import Briefing, Trend
from assistant.market.view import day_text
from assistant.render import wording
from assistant.render.sparkline import points
from assistant.render.text import arrow, instant_text, safe_url, shown
from assistant.types import Figure
from ingest.resources import resource

_MARK = re.compile(r"\[(\d+)\]")
LINE_WIDTH, LINE_HEIGHT = 120, 32  # of a line of closes, in SVG units


def briefing_html(briefing: Briefing) -> str:
    """Every word that is not of the template is escaped; a link goes to the http(s) address of a citation."""
    style = _style()
    return _template().render(b=briefing, style=Markup(style), policy=policy(style))  # noqa: S704  # our own file


def policy(style: str) -> str:
    """The Content-Security-Policy under which exactly this style sheet applies, and nothing else loads or runs."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return "\n" + resource("assistant/render/templates/briefing.css").read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(resource("assistant/render/templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"w": wording, "arrow": arrow, "shown": shown, "safe_url": safe_url}
    environment.globals |= {"instant_text": instant_text, "day_text": day_text, "split": _MARK.split}
    environment.globals |= {"direction": direction, "line": line_points}
    return environment.get_template("briefing.html.j2")


def direction(figure: Figure | None) -> str:
    """The class of a change: `up`, `down` or `flat`."""
    return {"▲": "up", "▼": "down"}.get(arrow(figure), "flat")


def line_points(trend: Trend) -> list[tuple[float, float]]:
    return points(trend.closes, LINE_WIDTH, LINE_HEIGHT)
