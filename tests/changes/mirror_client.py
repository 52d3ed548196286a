# mirror.py: python mirror.py https://annals.example mirror.json
import json
import sys
from pathlib import Path

import httpx


def follow(client, mirror):
    """Bring a mirror up to date; a new one is {"after": 0, "documents": {}}."""
    while True:
        page = client.get("/v1/changes", params={"after": mirror["after"], "limit": 1000})
        changes = page.raise_for_status().json()["items"]
        for ref in dict.fromkeys(change["ref"] for change in changes):
            answer = client.get(f"/v1/{ref}")
            if answer.status_code in (308, 404, 410):  # merged into another, purged, deleted
                mirror["documents"].pop(ref, None)
            else:
                mirror["documents"][ref] = answer.raise_for_status().json()
        if not changes:
            return
        mirror["after"] = changes[-1]["seq"]


if __name__ == "__main__":
    file = Path(sys.argv[2])
    mirror = json.loads(file.read_text()) if file.exists() else {"after": 0, "documents": {}}
    with httpx.Client(base_url=sys.argv[1], timeout=60) as client:
        follow(client, mirror)
    written = file.with_suffix(".new")
    written.write_text(json.dumps(mirror))
    written.replace(file)
