import sys

import pytest
from pydantic import ValidationError

from app import __main__
from app.settings import MIB, Settings, data_dir


def make(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


def test_defaults():
    settings = Settings(_env_file=None)
    assert settings.database_url == "sqlite:///annals.db"
    assert settings.max_body_bytes == 8 * MIB
    assert settings.public_reads


def test_variables(monkeypatch):
    settings = make(
        monkeypatch,
        ANNALS_CORS_ORIGINS="https://a.test, https://b.test,",
        ANNALS_LOG_LEVEL="DEBUG",
        ANNALS_PUBLIC_URL="https://annals.test/",
        ANNALS_READ_DATABASE_URL="",
    )
    assert settings.cors_origins == ("https://a.test", "https://b.test")
    assert settings.log_level == "debug"
    assert settings.public_url == "https://annals.test"
    assert settings.read_database_url == ()


@pytest.mark.parametrize(
    "between",
    [" ", "\n", ",", ", ", " , "],
    ids=["space", "line", "comma", "comma and space", "commas and spaces"],
)
def test_several_replicas(monkeypatch, between):
    """Commas between hosts of one address are its own."""
    addresses = ("postgresql+psycopg:///name?host=a,b&port=1,2", "postgresql://c/name")
    settings = make(monkeypatch, ANNALS_READ_DATABASE_URL=between.join(addresses))
    assert settings.read_database_url == addresses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANNALS_READ_DATABASE_URL", "sqlite:///copy.db"),
        ("ANNALS_READ_DATABASE_URL", "postgresql://a/name mysql://b/name"),
        ("ANNALS_REPLICA_MAX_LAG", "0"),
        ("ANNALS_DATABASE_URL", "mysql://x"),
        ("ANNALS_DATABASE_URL", "postgresql://u@a:1,b:x/n"),
        ("ANNALS_READ_DATABASE_URL", "postgresql://u@a/n?sslmod=require"),
        ("ANNALS_DIRECT_DATABASE_URL", "sqlite:///annals.db"),
        ("ANNALS_MAX_BODY_BYTES", "-1"),
        ("ANNALS_LOG_LEVEL", "loud"),
        ("ANNALS_PUBLIC_URL", "annals.test"),
        ("ANNALS_RATE_LIMIT_PER_ADDRESS", "lots"),
        ("ANNALS_FORWARDED_ALLOW_IPS", "proxy.test"),
        ("ANNALS_FORWARDED_ALLOW_IPS", "*,192.0.2.1"),
        ("ANNALS_MAX_CONNECTIONS", "-1"),
        ("ANNALS_HEAD_TIMEOUT_SECONDS", "nan"),
        ("ANNALS_EXPORTS_AT_ONCE", "0"),
        ("ANNALS_MAP_TILES", "tiles.test/{z}/{x}/{y}.png"),
        ("ANNALS_MAP_TILES", "https://{s}.tiles.test/{z}/{x}/{y}.png"),
        ("ANNALS_MAP_TILES", "https://tiles.test;script-src */{z}/{x}/{y}.png"),
        ("ANNALS_MAP_TILES", "https://reader@tiles.test/{z}/{x}/{y}.png"),
        ("ANNALS_MAP_TILES", "https://tiles.test/{z}/{x}.png"),
        ("ANNALS_MAP_TILES", "https://tiles.test/{z}/{x}/{y}/{r}.png"),
        ("ANNALS_MAP_TILES", "https://tiles.test/{z}/{x}/{y}/{y.png"),
        ("ANNALS_MAP_TILES", "https://tiles.test/{z}/{x}/{y} .png"),
    ],
)
def test_a_wrong_variable_is_refused_when_starting(monkeypatch, capsys, name, value):
    with pytest.raises(ValidationError):
        make(monkeypatch, **{name: value})
    monkeypatch.setattr(sys, "argv", ["annals", "serve"])
    with pytest.raises(SystemExit) as stopped:
        __main__.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(f"{name}: ")


def test_commands_go_past_poolers(monkeypatch):
    direct, pooled = "postgresql://u@a:1,b:2/n", "postgresql://u@pooler:6432/n"
    settings = make(monkeypatch, ANNALS_DATABASE_URL=pooled, ANNALS_DIRECT_DATABASE_URL=direct)
    assert (settings.database_url, settings.past_poolers.database_url) == (pooled, direct)
    monkeypatch.delenv("ANNALS_DIRECT_DATABASE_URL")
    assert make(monkeypatch).past_poolers.database_url == pooled


def test_tiles_need_somebody_to_be_named(monkeypatch):
    tiles = "https://tiles.test:8443/a/{z}/{x}/{y}.png?key=1"
    with pytest.raises(ValidationError, match="say whose tiles ANNALS_MAP_TILES has") as refused:
        make(monkeypatch, ANNALS_MAP_TILES=tiles)
    assert refused.value.errors()[0]["loc"] == ("map_attribution",)
    settings = make(monkeypatch, ANNALS_MAP_TILES=tiles, ANNALS_MAP_ATTRIBUTION="© Somebody")
    assert settings.map_origin == "https://tiles.test:8443"


def test_no_tiles_come_from_elsewhere_by_default():
    settings = Settings(_env_file=None)
    assert settings.map_tiles is None
    assert settings.map_origin is None


def test_every_setting_is_described():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_data_is_found():
    assert (data_dir("migrations") / "env.py").is_file()
    assert (data_dir("seed_data") / "vocabulary.yaml").is_file()
    with pytest.raises(FileNotFoundError):
        data_dir("nothing")
