"""Connections, tables, index rows derived from documents, and lookups that several features share.

Nothing here knows HTTP or a feature; the statements of one feature belong in that feature.

Statements are written with SQLAlchemy Core, so that one text serves both databases, and compiled once for
each dialect. There is no ORM: reading a page sends stored bytes on, and an import inserts millions of rows,
so that making an object for each row would cost more than the database takes.
"""
