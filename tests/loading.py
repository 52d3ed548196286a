"""A service under load, through whatever befalls its database: what was asked, what was answered, what was promised."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

READS = ["/v1/events", "/v1/changes", "/v1/search?q=kept", "/v1/timeline", "/v1/export", "/readyz"]
ANSWER_SECONDS = 15
"""What is promised: no answer takes longer, whatever ails the database."""

PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Answer:
    """When something was asked, and what came of it."""

    asked: float
    seconds: float
    method: str
    path: str
    status: int
    retry_after: str | None


@dataclass
class Feed:
    """What a reader of `/v1/changes` has, who goes back where a number is lost with a branch of the history."""

    changes: dict[int, Any] = field(default_factory=dict)
    went_back: int = 0

    @property
    def after(self) -> int:
        return max(self.changes, default=0)

    def take(self, answer: httpx.Response) -> int:
        """Keep what an answer has; returns how many changes that are."""
        if answer.status_code == 410:
            common = answer.json()["last_common"]
            self.changes = {seq: change for seq, change in self.changes.items() if seq <= common}
            self.went_back += 1
            return 0
        items = answer.json()["items"] if answer.status_code == 200 else []
        self.changes |= {change["seq"]: change for change in items}
        return len(items)


@dataclass
class Load:
    """Writers, an import, readers, and a reader of the feed, who ask without pause until it has ended.

    Attributes:
        acknowledged: when each event that a writer was told is created was acknowledged.
        missing: events that their own writer did not find right after that.
    """

    client: httpx.AsyncClient
    answers: list[Answer] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    feed: Feed = field(default_factory=Feed)
    has_ended: bool = False

    async def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        began = time.monotonic()
        answer = await self.client.request(method, path, **sent)
        seconds = time.monotonic() - began
        retry_after = answer.headers.get("retry-after")
        self.answers.append(Answer(began, seconds, method, path, answer.status_code, retry_after))
        return answer

    async def read(self, path: str) -> None:
        while not self.has_ended:
            # What has begun to be sent, such as an export, can only be broken off.
            with suppress(httpx.RemoteProtocolError):
                await self.ask("GET", path)
            await asyncio.sleep(PAUSE_SECONDS)

    async def write(self, writer: int) -> None:
        for step in itertools.count():
            if self.has_ended:
                return
            name = f"kept-{writer}-{step}"
            answer = await self.ask("POST", "/v1/events", json={"id": name, "title": f"Kept {name}"})
            if answer.status_code == 201:
                self.acknowledged[name] = time.monotonic()
                if (await self.ask("GET", f"/v1/events/{name}")).status_code == 404:
                    self.missing.append(name)
            await asyncio.sleep(PAUSE_SECONDS)

    async def import_(self) -> None:
        lines = b"".join(b'{"kind":"actor","id":"i-%d","title":"I"}\n' % number for number in range(2000))
        headers = {"Content-Type": "application/x-ndjson"}
        while not self.has_ended:
            # Each is another, for one that was cut off is gone on with.
            body = lines + b'{"kind":"actor","id":"j","title":"%f"}\n' % time.monotonic()
            await self.ask("POST", "/v1/imports", content=body, headers=headers)
            await asyncio.sleep(PAUSE_SECONDS)

    async def follow(self) -> None:
        while not self.has_ended:
            self.feed.take(await self.ask("GET", f"/v1/changes?limit=1000&after={self.feed.after}"))
            await asyncio.sleep(PAUSE_SECONDS)

    def assert_promised(self) -> None:
        """Every answer is one that a client can do something with, and came in time."""
        for answer in self.answers:
            assert answer.status < 500 or answer.status == 503, answer
            assert answer.status != 503 or (answer.retry_after or "").isdecimal(), answer
            assert answer.seconds < ANSWER_SECONDS, answer
        assert self.missing == []

    @property
    def told(self) -> str:
        """What was asked, in words."""
        slowest = max(self.answers, key=lambda one: one.seconds)
        refused = sum(one.status == 503 for one in self.answers)
        return (
            f"{len(self.answers):,} answers, {refused:,} of them 503, the slowest after {slowest.seconds:.1f} s "
            f"({slowest.path}); {len(self.acknowledged):,} writes acknowledged"
        )

    def longest_pause(self, since: float) -> float:
        """Return for how many seconds at the most no write was acknowledged, from a moment on."""
        moments = [since, *(at for at in self.acknowledged.values() if at >= since)]
        return max(later - sooner for sooner, later in itertools.pairwise([*moments, time.monotonic()]))


@asynccontextmanager
async def under_load(client: httpx.AsyncClient, writers: int = 4) -> AsyncIterator[Load]:
    """Have a service asked by writers, an import, a reader of each of READS and one of the feed."""
    load = Load(client)
    asking = [load.write(number) for number in range(writers)] + [load.read(path) for path in READS]
    tasks = [asyncio.ensure_future(one) for one in (*asking, load.import_(), load.follow())]
    try:
        yield load
    finally:
        load.has_ended = True
        await asyncio.gather(*tasks)


async def every_change(client: httpx.AsyncClient) -> dict[int, Any]:
    """Return the whole feed, as it is read from its beginning."""
    feed = Feed()
    while feed.take(await client.get(f"/v1/changes?limit=1000&after={feed.after}")):
        pass
    return feed.changes


async def is_not_ready(client: httpx.AsyncClient) -> bool:
    """Whether the service says that it cannot answer all."""
    return (await client.get("/readyz")).status_code == 503


async def has_recovered(client: httpx.AsyncClient) -> bool:
    """Whether all is answered again, writes too."""
    answers = [await client.get(path) for path in READS]
    answers.append(await client.post("/v1/actors", json={"title": "Back"}))
    return all(answer.is_success for answer in answers)


async def every_event(client: httpx.AsyncClient) -> set[str]:
    """Return the ids of all events, page by page."""
    found: set[str] = set()
    after = "/v1/events?limit=200"
    while after:
        page = (await client.get(after)).json()
        found.update(item["id"] for item in page["items"])
        after = page["next"]
    return found
