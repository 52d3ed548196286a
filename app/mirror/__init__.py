"""A mirror: a copy of the documents of another service, kept up to date through its changes feed.

What the service does for mirrors is `changes`'s and `listing`'s; this is a client of it, and knows nothing of the database.
"""
