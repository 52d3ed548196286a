"""The controlled vocabularies and their terms, changed over HTTP and loaded at startup.

How the current vocabulary is cached is in `database.vocabulary`.
"""
