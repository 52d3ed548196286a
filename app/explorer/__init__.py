"""Pages for people: start page, evidence page.

The OpenAPI page is `system`'s.
"""
