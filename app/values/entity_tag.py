"""Strong entity tags (RFC 9110 §8.8.3)."""

import hashlib


def entity_tag(revision: int, body: bytes) -> str:
    """Return the strong entity tag of a representation: the revision, and a digest of its bytes."""
    return f'"{revision}-{hashlib.blake2b(body, digest_size=6).hexdigest()}"'
