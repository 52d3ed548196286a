"""What a value means: dates, places, texts, JSON, entity tags.

Everything here is pure: functions and value types that can be tested without a database, HTTP or a record.
"""
