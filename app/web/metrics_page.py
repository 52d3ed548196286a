"""The page of metrics, made so that asking for it without pause takes little from other requests.

It grows with every route, method and status that was ever answered, and takes a fifth of a second when many were.
"""

import asyncio
from typing import Final

from fastapi import FastAPI

from app.web import metrics

_REST: Final = 4
"""After each page, none is made for so many times as long as it took: a fifth of the time at the most goes into pages."""


class MetricsPage:
    """Makes one page for all who wait for it, with every answer counted that ended before they asked."""

    def __init__(self) -> None:
        """Begin with nobody who waits."""
        self._making = asyncio.Lock()
        self._next: asyncio.Task[tuple[str, bytes]] | None = None
        self._rests_until = 0.0

    async def read(self) -> tuple[str, bytes]:
        """Return the media type and the page."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._make())
        # Whoever goes away takes the page from none of the others.
        return await asyncio.shield(self._next)

    async def _make(self) -> tuple[str, bytes]:
        clock = asyncio.get_running_loop().time
        async with self._making:
            await asyncio.sleep(self._rests_until - clock())
            # Who asks from now on is given a later page.
            self._next = None
            began = clock()
            try:
                return await asyncio.to_thread(metrics.render_metrics)
            finally:
                self._rests_until = clock() + _REST * (clock() - began)


def metrics_page(app: FastAPI) -> MetricsPage:
    """Return this process's page of metrics."""
    page: MetricsPage | None = getattr(app.state, "metrics_page", None)
    if page is None:
        page = app.state.metrics_page = MetricsPage()
    return page
