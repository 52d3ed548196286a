"""Strong entity tags (RFC 9110 §8.8.3)."""

import hashlib


def digest_of(body: bytes) -> str:
    """Return a digest of some bytes, as entity tags have it: 12 hexadecimal digits."""
    return hashlib.blake2b(body, digest_size=6).hexdigest()


def mark_of(written_at: int) -> str:
    """Return what stands for the moment at which a revision was written (microseconds since 1970): 13 hexadecimal digits.

    It tells the revision from one of the same number in a history that was lost.
    """
    return f"{written_at % 2**52:013x}"


def entity_tag(revision: int, body: bytes) -> str:
    """Return the strong entity tag of a representation: the revision, and a digest of its bytes."""
    return f'"{revision}-{digest_of(body)}"'


def record_tag(revision: int, written_at: int, body: bytes) -> str:
    """Return the strong entity tag of a representation of a record: the revision, its mark, and a digest of the bytes."""
    return f'"{revision}-{mark_of(written_at)}-{digest_of(body)}"'
