"""SQLite and Postgres: connections, statements compiled for each dialect, driver errors translated.

No table is known here but the one with the version, and that of the branches of the history.
"""
