"""Rate limits by key and by address, reported in the fields of draft-ietf-httpapi-ratelimit-headers-10."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string
from starlette.types import Scope

from app.errors import TooManyRequests
from app.settings import Settings
from app.web.client_addresses import counted_as

PROBES: Final = frozenset(("/livez", "/readyz", "/metrics"))
"""What monitoring asks: it is not limited, and answered without the database, so that no key is looked up either."""

Headers = list[tuple[bytes, bytes]]
Identify = Callable[[Scope], Awaitable[str | None]]


class RateLimiter:
    """Counts requests by client.

    Args:
        per_address: the limit of one address without a key; None is without limit.
        per_key: the limit of one key; None is without limit.
        storage: where counts are kept.
        loopback: whether this machine is limited too; what came through a proxy is not from this machine.
        identify: returns the id of the valid key of a request, else None. Invalid keys must not be counted
            by themselves: made-up ones would escape every limit.
    """

    def __init__(
        self,
        *,
        per_address: RateLimitItem | None,
        per_key: RateLimitItem | None,
        storage: Storage,
        loopback: bool,
        identify: Identify | None = None,
    ) -> None:
        """Begin to count."""
        self._per_address = per_address
        self._per_key = per_key
        self._loopback = loopback
        self._identify = identify
        self._strategy = SlidingWindowCounterRateLimiter(storage)

    async def admit(self, scope: Scope) -> Headers:
        """Count a request and return the header fields that say what is left.

        Raises:
            TooManyRequests: nothing is left; with `Retry-After`, in seconds.
        """
        if scope["path"] in PROBES:
            return []
        address = counted_as(scope, loopback=self._loopback)
        if address is None:
            return []
        key = await self._identify(scope) if self._identify else None
        limit, policy, name = (self._per_key, "key", key) if key else (self._per_address, "address", address)
        if limit is None:
            return []
        admitted = await self._strategy.hit(limit, policy, name)
        window = await self._strategy.get_window_stats(limit, policy, name)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        left = max(0, window.remaining)
        rate = f'"{policy}";r={left};t={wait}'
        quota = f'"{policy}";q={limit.amount};w={limit.get_expiry()}'
        if not admitted:
            raise TooManyRequests(
                f"At most {limit.amount} requests in {limit.get_expiry()} seconds. Try again in {wait} seconds.",
                headers={"Retry-After": str(wait), "RateLimit": rate, "RateLimit-Policy": quota},
            )
        return [(b"ratelimit", rate.encode()), (b"ratelimit-policy", quota.encode())]


def rate_limiter(settings: Settings, identify: Identify | None = None) -> RateLimiter | None:
    """Return the limiter for the settings; None where both limits are off."""
    per_address = _item(settings.rate_limit_per_address)
    per_key = _item(settings.rate_limit_per_key)
    if per_address is None and per_key is None:
        return None
    uri = settings.rate_limit_storage
    storage = storage_from_string(uri if uri.startswith("async+") else f"async+{uri}")
    if not isinstance(storage, Storage):
        raise TypeError("ANNALS_RATE_LIMIT_STORAGE names a storage that has no asynchronous form")
    return RateLimiter(
        per_address=per_address,
        per_key=per_key,
        storage=storage,
        loopback=settings.rate_limit_loopback,
        identify=identify,
    )


def _item(text: str) -> RateLimitItem | None:
    return None if text.strip().lower() == "off" else parse(text)
