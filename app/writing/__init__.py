"""Every write: the rules of each operation, and the one write path.

The API, the seeds, the importer and the tests all write through `write`, so that a document and its index
can never disagree. The HTTP that all writes share - keys, idempotency, bodies - is in `web`.
"""
