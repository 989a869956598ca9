"""Answers and briefings as text, Markdown and HTML. Everything untrusted is made inert here."""

from assistant.render.answer import answer_footer, answer_markdown, answer_text, explanation_text, footer_markdown
from assistant.render.text import clean, safe_url, styled

__all__ = [
    "answer_footer",
    "answer_markdown",
    "answer_text",
    "clean",
    "explanation_text",
    "footer_markdown",
    "safe_url",
    "styled",
]
