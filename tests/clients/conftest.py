"""The document that others' programs make clients of."""

import orjson
import pytest
from documented import openapi


@pytest.fixture(scope="session")
def document(tmp_path_factory):
    file = tmp_path_factory.mktemp("openapi") / "openapi.json"
    file.write_bytes(orjson.dumps(openapi()))
    return file
