import asyncio
import json
import logging

import httpx
import pytest
from exchanges import asgi_route

from app import logs
from app.settings import Settings
from app.web.application import AnnalsApp

pytestmark = pytest.mark.usefixtures("restored_logs")


def configure(**settings):
    settings = Settings(_env_file=None, **settings)
    logs.configure(settings)
    return settings


def lines(capsys):
    read = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in read if line.get("logger") != "httpx"]


async def crash(_scope, _receive, _send):
    raise RuntimeError("told in the log alone")


def ask(settings, path):
    service = AnnalsApp(settings)
    service.router.routes.append(asgi_route("/crash", crash))

    async def go():
        transport = httpx.ASGITransport(service)
        async with httpx.AsyncClient(transport=transport, base_url="http://annals.test") as http:
            return await http.get(path, headers={"x-request-id": "r1"})

    return asyncio.run(go())


def test_json_lines_of_ours_and_of_others(capsys):
    configure(log_format="json")
    logs.log().info("seeded", records=12)
    logging.getLogger("uvicorn.error").warning("from %s", "elsewhere")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["records"], ours["level"]) == ("seeded", 12, "info")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "from elsewhere",
        "warning",
        "uvicorn.error",
    )
    assert ours["timestamp"].endswith("Z")


def test_the_level_holds_for_both(capsys):
    configure(log_format="json", log_level="WARNING")
    logs.log().info("no")
    logging.getLogger("x").info("no")
    logs.log().warning("yes", what={1: object()})
    assert [line["event"] for line in lines(capsys)] == ["yes"]


def test_console(capsys):
    configure(log_format="console")
    logs.log().info("seeded", records=12)
    assert "seeded" in capsys.readouterr().err


def test_the_console_shows_no_local_variables(capsys):
    settings = configure(log_format="console")
    hidden = ask(settings, "/crash")
    assert hidden.status_code == 500
    shown = capsys.readouterr().err
    assert "told in the log alone" in shown
    assert "_scope" not in shown.replace("crash(_scope", "")


def test_a_crash_is_logged_with_its_request_id_and_trace(capsys):
    response = ask(configure(log_format="json"), "/crash")
    (line,) = lines(capsys)
    assert "told in the log alone" in line["exception"]
    assert line["request_id"] == response.json()["request_id"] == "r1"


def test_the_access_log_is_off_unless_asked_for(capsys):
    ask(configure(log_format="json"), "/nope")
    assert lines(capsys) == []
    ask(configure(log_format="json", access_log=True), "/nope%0a?secret=1")
    (line,) = lines(capsys)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nope%0A", 404)
    assert line["ms"] >= 0
    assert "secret" not in str(line)
