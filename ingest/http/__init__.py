"""Fetches feeds politely and safely. The only room that knows httpx (and httpcore, which lies beneath it).

What a feed's address may reach: http and https only, and only public addresses, judged when the connection is made and
again on every redirect, unless the host is named in `allow_private_hosts`. A proxy in the environment (HTTP_PROXY,
HTTPS_PROXY, ALL_PROXY, NO_PROXY) is honoured: it is the operator's and exempt, and names which this machine cannot
resolve are the proxy's to judge; hosts in `allow_private_hosts` are always reached directly.
"""

from ingest.http.fetcher import Fetched, Fetcher, user_agent
from ingest.http.headers import MAX_HOLD, fresh_until, retry_after, server_time

__all__ = ["MAX_HOLD", "Fetched", "Fetcher", "fresh_until", "retry_after", "server_time", "user_agent"]
