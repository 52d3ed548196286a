"""HTTP that belongs to no feature: dispatch, negotiation, caching, preconditions, limits, problem documents.

The paths and parameters of a feature belong in its `router`.

An operation is declared to FastAPI, which describes it in the OpenAPI document, by a route class of this
package's own, which runs it. FastAPI matches routes one by one with regular expressions and solves
dependencies on each request, which takes longer than answering from the response cache; and the caching,
the idempotency and the order of checks that all operations share are written once in the class rather than
in each endpoint.
"""
