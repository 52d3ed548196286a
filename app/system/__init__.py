"""The service itself: what there is, health, version, metrics, the OpenAPI document and its page.

How the document is made of the routes is in `web.openapi_document`.
"""
