"""Pages of single records: what a record says, on whose word, what refers to it, and how it came to be so.

What is here reads and words; how it looks is in the templates. The rules themselves belong to the features: what a source
has is `app.records.source_view`, what evidence there is `app.evidence`, what was changed `app.history`.
"""
