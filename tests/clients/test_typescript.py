"""The clients that openapi-typescript (with openapi-fetch) and @hey-api/openapi-ts make of the OpenAPI document.

Each is compiled as strictly as it can be with a program that uses it, which then runs against a server: what must be typed
is asserted when it is compiled (`isExactly`, `@ts-expect-error`), what must work when it runs.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.clients

PACKAGES = (
    "@hey-api/openapi-ts@0.95",  # the last that runs on Node.js 20
    "@types/node@20",
    "openapi-fetch@0.17",
    "openapi-typescript@7",
    "typescript@5",  # as openapi-typescript asks for it
)

PROGRAMS = ("with_openapi_fetch", "with_hey_api")

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ETIMEDOUT", "network")

COMPILER_OPTIONS = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "noImplicitOverride": True,
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "module": "nodenext",
    "types": ["node"],
    "outDir": "compiled",
}

# What @hey-api/openapi-ts puts beside the types does not compile with it, whatever the document says.
STRICTER = {"with_openapi_fetch": {"exactOptionalPropertyTypes": True}, "with_hey_api": {}}


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def succeeded(folder: Path, *command: str | Path) -> None:
    done = run(folder, *command)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]


@pytest.fixture(scope="module")
def workspace(document, tmp_path_factory):
    """Give a folder with both clients, and the programs that use them."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    installed = run(folder, npm, "install", "--no-audit", "--no-fund", *PACKAGES)
    if installed.returncode != 0 and any(word in installed.stderr for word in UNREACHABLE):
        pytest.skip("npm's registry cannot be reached")
    assert installed.returncode == 0, installed.stderr
    for file in Path(__file__).parent.glob("*.ts"):
        shutil.copy(file, folder)
    # The generators look into it for how modules name each other.
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER_OPTIONS}))
    programs = folder / "node_modules" / ".bin"
    succeeded(folder, programs / "openapi-typescript", document, "--output", "api.d.ts")
    succeeded(folder, programs / "openapi-ts", "--input", document, "--output", "hey", "--no-log-file")
    return folder


@pytest.fixture(scope="module", params=PROGRAMS)
def program(workspace, request):
    """Give a program, compiled."""
    name = request.param
    config = workspace / f"tsconfig.{name}.json"
    options = {"extends": "./tsconfig.json", "compilerOptions": STRICTER[name], "files": [f"{name}.ts"]}
    config.write_text(json.dumps(options))
    succeeded(workspace, workspace / "node_modules" / ".bin" / "tsc", "--project", config)
    return workspace / "compiled" / f"{name}.js"


def test_it_reads_writes_pages_searches_imports_and_reads_problems(program, server, api_key):
    running = server("--no-seed")
    succeeded(program.parent, "node", program, running.url, api_key("write"))
