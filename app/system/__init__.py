"""The service itself: what there is, health, version, metrics, the OpenAPI document and its page."""
