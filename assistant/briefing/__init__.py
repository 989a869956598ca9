"""The daily briefing: prices, stories, what changed and how good the data are. A pure function and its gatherer."""

from assistant.briefing.assembly import BriefingInputs, build_briefing, gather, make_briefing
from assistant.briefing.document import Briefing

__all__ = ["Briefing", "BriefingInputs", "build_briefing", "gather", "make_briefing"]
