"""Addresses of databases: every form in which libpq takes several hosts says the same, and what is wrong is refused."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from app.database_url import host_alternatives, libpq_url, parse_database_url

TWO = [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("postgresql+psycopg://u:p@a:1,b:2/n", TWO),
        ("postgresql://u:p@a:1,b:2/n?target_session_attrs=primary", TWO),
        ("postgresql://u:p@/n?host=a,b&port=1,2", TWO),
        ("postgresql://u:p@/n?host=a,b&port=7", [("a", "7"), ("b", "7")]),
        ("postgresql://u:p@/n?host=a,b", [("a", "5432"), ("b", "5432")]),
        ("postgresql://u:p@a,b:2/n", [("a", "5432"), ("b", "2")]),
        ("postgresql://u:p@[::1]:1,b:2/n", [("::1", "1"), ("b", "2")]),
        ("postgresql://u:p@/n?host=/run/a,/run/b&port=1,2", [("/run/a", "1"), ("/run/b", "2")]),
        ("postgresql://u:p@a:1/n", [("a", "1")]),
    ],
)
def test_several_hosts_are_the_same_in_every_form(address, hosts):
    url = parse_database_url(address)
    found = host_alternatives(url)
    assert [(one["host"], one["port"]) for one in found] == hosts
    assert {(one["user"], one["password"], one["dbname"]) for one in found} == {("u", "p", "n")}
    # What libpq and SQLAlchemy make of it is the same, and reading it again changes nothing.
    as_libpq = conninfo_to_dict(libpq_url(url))
    assert as_libpq["host"] == ",".join(host for host, _ in hosts)
    assert as_libpq["port"] == ",".join(port for _, port in hosts)
    _, arguments = PGDialect_psycopg().create_connect_args(url)
    assert (str(arguments["host"]), str(arguments["port"])) == (as_libpq["host"], as_libpq["port"])
    assert parse_database_url(url) == parse_database_url(url.render_as_string(hide_password=False)) == url


def test_one_host_needs_no_address():
    assert host_alternatives(parse_database_url("postgresql:///n")) == [{"dbname": "n"}]
    password = parse_database_url("postgresql://u:a,b%40c@h/n")
    assert host_alternatives(password) == [{"user": "u", "password": "a,b@c", "host": "h", "dbname": "n"}]


@pytest.mark.parametrize("own", ["target_session_attrs=prefer-standby", "load_balance_hosts=random"])
def test_hosts_that_libpq_is_to_choose_from_are_left_to_it(own):
    [found] = host_alternatives(parse_database_url(f"postgresql://a:1,b:2/n?{own}"))
    assert (found["host"], found["port"]) == ("a,b", "1,2")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://u@a/n", "begins with"),
        ("postgresql://u@a:1,b:x/n", "HOST:PORT,HOST:PORT"),
        ("postgresql://u@a:1,,b:2/n", "HOST:PORT,HOST:PORT"),
        ("postgresql://u@a:x/n", "USER:PASSWORD@HOST:PORT/NAME"),
        ("postgresql://u@/n?host=a:1&host=b:2", "host=a,b&port=5432,5433"),
        ("postgresql://u@a,b/n?host=c", "not in both"),
        ("postgresql://u@/n?host=a,b,c&port=1,2", "as many ports"),
        ("postgresql://u@/n?host=a,,b", "no name"),
        ("postgresql://u@a/n?sslmod=require", "sslmod"),
        ("postgresql://u@a,b/n?target_session_attrs=leader", "read-write"),
    ],
)
def test_what_is_wrong_is_refused_and_no_password_told(address, told):
    with pytest.raises(ValueError, match=told) as refused:
        parse_database_url(address.replace("u@", "u:secret@"))
    assert "secret" not in str(refused.value)
