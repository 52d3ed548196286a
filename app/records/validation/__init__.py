"""How a document becomes a record: normalization, size limits, pydantic, and messages for every error at once.

Models do not know how they are validated. Whether references lead anywhere is checked in `writing`.
"""
