"""Settings: environment variables with the prefix ``ANNALS_``, and ``.env`` in the working folder."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.database_url import DatabaseUrl, PostgresUrl, PostgresUrls

_PACKAGE = Path(__file__).resolve().parent
MIB = 1024 * 1024

Words = Annotated[tuple[str, ...], NoDecode]
"""A list separated by commas, as in environment variables."""

_TILES: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[!-~]*")
"""Addresses whose origin can stand in a Content-Security-Policy."""


class Settings(BaseSettings):
    """What can be set. Each field is the variable ``ANNALS_<FIELD>``; its description is its documentation."""

    model_config = SettingsConfigDict(
        env_prefix="ANNALS_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: DatabaseUrl = Field(
        "sqlite:///annals.db",
        description="Where the records are kept: sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME; of several hosts, as in @a:5432,b:5432/NAME, the one that takes writes.",
    )
    read_database_url: Annotated[PostgresUrls, NoDecode] = Field(
        (),
        description="Replicas that answer reads, with spaces between their addresses. They may lag, and answers say so in Age; what they fail at, the database itself answers.",
    )
    replica_max_lag: float = Field(
        30.0,
        gt=0,
        le=7 * 86400,
        description="A replica that lags by more seconds than that answers nothing until it has caught up.",
    )
    read_only: bool = Field(
        False,
        description="Whether nothing is written, as on a standby or a copy that cannot be written: writes read 503.",
    )
    direct_database_url: PostgresUrl | None = Field(
        None,
        description="The same Postgres database past a pooler such as PgBouncer: for commands, migrations and the locks of imports.",
    )
    database_prepare: bool = Field(
        True,
        description="Whether statements are prepared where sessions are the service's own; turn it off for a pooler that `annals doctor` does not recognise.",
    )
    database_pool_size: int = Field(
        8,
        ge=1,
        le=200,
        description="Connections to Postgres that a worker opens at the most, for each of reading, writing and snapshots.",
    )
    database_timeout_seconds: float = Field(
        10.0,
        gt=0,
        le=300,
        description="How long a request waits for a connection, a lock, its turn to write or any answer of the database before it reads 503.",
    )

    request_seconds: float = Field(
        15.0,
        gt=0,
        le=60,
        description="How long a read is worked on before it reads 503; waiting for its turn is not counted.",
    )
    long_reads: int = Field(
        2,
        ge=1,
        le=100,
        description=(
            "Reads of more than a fifth of a second that a worker works on at once, and as many pages of more than 200 "
            "records; others wait. One address has half of them."
        ),
    )

    public_reads: bool = Field(True, description="Whether records can be read without a key.")
    public_url: str | None = Field(
        None, description="The address clients know this service by, for JSON-LD and citations."
    )

    max_body_bytes: int = Field(
        8 * MIB,
        ge=1024,
        le=1024 * MIB,
        description="The largest request body in bytes; imports stream past it.",
    )
    max_text_bytes: int = Field(
        8 * MIB,
        ge=1024,
        le=256 * MIB,
        description="The largest text of a source in bytes, to be attached or verified; a book has about one million. One request takes up to six times as much memory.",
    )
    max_public_text_bytes: int = Field(
        MIB,
        ge=0,
        le=256 * MIB,
        description="The largest text in bytes that is verified for who has no key, sent or attached; 0 is none.",
    )
    public_texts: bool = Field(
        False,
        description="Whether attached texts can be read; mind their licences. Verifying works either way.",
    )
    answer_cache_bytes: int = Field(
        16 * MIB,
        ge=0,
        le=1024 * MIB,
        description="Memory a worker may spend on answers it has given; 0 is none.",
    )
    compression: bool = Field(
        True,
        description="Whether answers are compressed as clients accept it; turn it off where a proxy does that.",
    )
    max_connections: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Connections that a worker keeps open at once; one past that takes the place of the one that has been idle longest, or reads 503. 0 is no limit.",
    )
    max_connections_per_address: int = Field(
        200,
        ge=0,
        le=100_000,
        description="Of those, how many one address may have, or one /64 in IPv6; 0 is no limit. The addresses in ANNALS_FORWARDED_ALLOW_IPS are not limited, nor is this very machine.",
    )
    head_timeout_seconds: float = Field(
        15.0,
        ge=0,
        le=3600,
        description="How long a client may take from connecting, or from a request's first byte, to the end of its headers; 0 is no limit.",
    )
    keep_alive_seconds: float = Field(
        15.0,
        gt=0,
        le=3600,
        description="How long a connection stays open after an answer, for another request.",
    )
    body_timeout_seconds: float = Field(
        20.0,
        ge=0,
        le=3600,
        description="Over so long a time a body that is waited for has to come at ANNALS_MIN_BYTES_PER_SECOND; 0 is no limit.",
    )
    write_timeout_seconds: float = Field(
        20.0,
        ge=0,
        le=3600,
        description="Over so long a time a client has to read its answer at ANNALS_MIN_BYTES_PER_SECOND; 0 is no limit.",
    )
    min_bytes_per_second: int = Field(
        500,
        ge=1,
        le=1024 * MIB,
        description="The slowest that clients may send a body or read an answer, on average over the two times above.",
    )
    max_unsent_bytes: int = Field(
        64 * MIB,
        ge=0,
        le=64 * 1024 * MIB,
        description="Memory a worker may spend on answers that clients do not read; past that, the connection that has read nothing for longest is closed. 0 is no limit.",
    )
    max_received_bytes: int = Field(
        64 * MIB,
        ge=0,
        le=64 * 1024 * MIB,
        description="Memory a worker may spend on request bodies of more than 64 KiB, from receiving them to their answers; others wait for room. One key or address has half of it. 0 is no limit.",
    )
    imports_at_once: int = Field(
        4,
        ge=1,
        le=64,
        description="Imports over HTTP that a worker takes in at once; others wait for their turn.",
    )
    imports_per_key: int = Field(2, ge=1, le=64, description="Of those, how many one key may have.")
    exports_at_once: int = Field(
        4,
        ge=1,
        le=64,
        description="Exports over HTTP that a worker sends at once; others wait for their turn. Each has a connection to the database of its own.",
    )
    exports_per_client: int = Field(
        2,
        ge=1,
        le=64,
        description="Of those, how many one key or, without a key, one address may have; this very machine is not limited.",
    )
    export_timeout_seconds: float = Field(
        3600.0,
        gt=0,
        le=7 * 86400,
        description="How long an export may take.",
    )
    export_file_bytes: int = Field(
        256 * MIB,
        ge=0,
        le=1024 * 1024 * MIB,
        description=(
            "How much of an export waits in a temporary file to be read; past that the database keeps what it had at the "
            "export's beginning until more is read. 0 is no file."
        ),
    )
    turn_timeout_seconds: float = Field(
        10.0,
        gt=0,
        le=600,
        description="How long an import, an export or a long text to verify waits for its turn, and a large body for room, before it reads 503.",
    )
    shutdown_seconds: int = Field(
        10, ge=1, le=600, description="How long a service that is stopped goes on with what it is answering."
    )
    idempotency_hours: int = Field(
        24, ge=1, le=720, description="How long the answer to an Idempotency-Key is kept, in hours."
    )

    log_level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        "info", description="The least severe message that is logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="How logs are written; auto is console at a terminal and json elsewhere."
    )
    access_log: bool = Field(
        False, description="Whether every request is logged; costs about a quarter of the speed."
    )

    cors_origins: Words = Field(
        (), description="Origins whose pages may call this service, with commas; * is any."
    )
    forwarded_allow_ips: Words = Field(
        ("127.0.0.1", "::1"),
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, networks, or *.",
    )

    map_tiles: str | None = Field(
        None,
        description="Where pages load the tiles of their map from, such as https://tiles.example.org/{z}/{x}/{y}.png; without it they draw land alone, and ask no other host.",
    )
    map_attribution: str | None = Field(
        None,
        max_length=500,
        validate_default=True,
        description="Whom the map names for its tiles, which they need: text, in which addresses become links.",
    )

    rate_limit_per_address: str = Field(
        "1200/minute",
        description="Requests one address may make without a key, such as 100/minute; off is no limit.",
    )
    rate_limit_per_key: str = Field("6000/minute", description="Requests one key may make; off is no limit.")
    rate_limit_loopback: bool = Field(
        False, description="Whether requests from this very machine are limited as well."
    )
    rate_limit_storage: str = Field(
        "memory://",
        description="Where requests are counted, as the limits library writes it; memory:// counts in each worker apart.",
    )

    @field_validator("cors_origins", "forwarded_allow_ips", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _known_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "*" in value and len(value) > 1:
            raise ValueError("* stands alone: it is every address")
        for word in value:
            if word != "*":
                ipaddress.ip_network(word)
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("rate_limit_per_address", "rate_limit_per_key")
    @classmethod
    def _known_rates(cls, value: str) -> str:
        if value.strip().lower() != "off":
            import limits

            limits.parse(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("map_tiles")
    @classmethod
    def _known_tiles(cls, value: str | None) -> str | None:
        if value is not None:
            if not _TILES.fullmatch(value):
                raise ValueError("begins with https://HOST/ or http://HOST/, and has no spaces and no quotes")
            names = re.findall(r"\{(\w+)\}|[{}]", value)
            if sorted(names) != ["x", "y", "z"]:
                raise ValueError("has {z}, {x} and {y} in its path, each once, and nothing else in braces")
        return value

    @field_validator("map_attribution")
    @classmethod
    def _attributed_tiles(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("map_tiles") is not None:
            raise ValueError("say whose tiles ANNALS_MAP_TILES has")
        return value

    @property
    def map_origin(self) -> str | None:
        """The origin that tiles are loaded from (RFC 6454), without which none is."""
        return None if self.map_tiles is None else "/".join(self.map_tiles.split("/")[:3])

    @property
    def past_poolers(self) -> "Settings":
        """The same settings for what needs sessions of its own: `direct_database_url` in place of `database_url`."""
        if self.direct_database_url is None:
            return self
        return self.model_copy(update={"database_url": self.direct_database_url})


def data_dir(name: str) -> Path:
    """Return the folder ``migrations`` or ``seed_data``: inside the package in a wheel, next to it in a checkout.

    Raises:
        FileNotFoundError: neither is there, so the installation is broken.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name} is neither in the package nor beside it")
