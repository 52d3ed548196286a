"""Pages for people: start page, evidence page, problems page.

The page of the OpenAPI document is `system`'s.
"""
