"""A client of the servers that tests start, which all speak plain HTTP.

To read the world's authorities for a client that never meets one takes longer than most tests.
"""

from typing import Any

import httpx2

_NOBODY = httpx2.create_ssl_context(verify=False)


def client(**options: Any) -> httpx2.AsyncClient:  # noqa: ANN401 - the library's own options
    """Without proxies, and trusting nobody who speaks TLS."""
    return httpx2.AsyncClient(verify=_NOBODY, trust_env=False, **options)
