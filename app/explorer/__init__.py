"""Pages for people: start page, explorer, evidence page, problems page.

The page of the OpenAPI document is `system`'s.
"""
