"""The controlled vocabularies and their terms, changed over HTTP and loaded at the start.

How the vocabulary in force is kept is `database.vocabulary`'s.
"""
