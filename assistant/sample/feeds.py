"""The sample news as RSS and Atom documents, as publishers write them."""

import re
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from assistant.sample.data import Story, market, stories

SITE = "https://example.com/openingbell-sample"  # a reserved domain: the links lead nowhere
ABOUT = "Invented news about an invented market; no company, figure or event in it is real."
ATOM = "http://www.w3.org/2005/Atom"

ET.register_namespace("", ATOM)


def feed(name: str, now: datetime) -> tuple[bytes, datetime] | None:
    """The document of feed `name` with the articles published by `now` (newest first), and when it last changed.

    None where there is no such feed or it holds nothing yet.
    """
    spec = next((f for f in market()["feed"] if f["name"] == name), None)
    known = [story for story in reversed(stories()) if story.feed == name and story.published <= now]
    if spec is None or not known:
        return None
    document = _atom(name, spec["title"], known) if spec["form"] == "atom" else _rss(name, spec["title"], known)
    return ET.tostring(document, encoding="utf-8", xml_declaration=True), known[0].published


def link(story: Story) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", story.title.lower()).strip("-")
    return f"{SITE}/{story.feed}/{story.published:%Y-%m-%d}/{slug}"


def _rss(name: str, title: str, known: list[Story]) -> ET.Element:
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _add(channel, title=title, link=f"{SITE}/{name}", description=ABOUT)
    for story in known:
        item = ET.SubElement(channel, "item")
        guid = link(story)
        _add(item, title=story.title, link=guid, guid=guid, description=story.text)
        _add(item, pubDate=format_datetime(story.published))
    return rss


def _atom(name: str, title: str, known: list[Story]) -> ET.Element:
    root = ET.Element(f"{{{ATOM}}}feed")
    _add(root, ATOM, id=f"{SITE}/{name}", title=title, subtitle=ABOUT, updated=known[0].published.isoformat())
    for story in known:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        _add(entry, ATOM, id=link(story), title=story.title, summary=story.text)
        _add(entry, ATOM, published=story.published.isoformat(), updated=story.published.isoformat())
        ET.SubElement(entry, f"{{{ATOM}}}link", href=link(story))
    return root


def _add(parent: ET.Element, namespace: str = "", **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, f"{{{namespace}}}{tag}" if namespace else tag).text = text
