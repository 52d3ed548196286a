"""Pages for people: start page, evidence page.

The page of the OpenAPI document is `system`'s.
"""
