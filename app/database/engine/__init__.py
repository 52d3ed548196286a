"""SQLite and Postgres: connections, statements compiled for each dialect, driver errors translated.

No table is known here.
"""
