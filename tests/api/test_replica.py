"""A replica that answers reads says how far it lags."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_reads_from_a_replica_tell_their_age(make_client: Any, database_url: str) -> None:
    async with make_client(read_database_url=database_url) as client:
        assert int((await client.get("/v1/events")).headers["age"]) >= 0
        assert "age" not in (await client.get("/livez")).headers
    async with make_client() as client:
        assert "age" not in (await client.get("/v1/events")).headers
