"""What a value means: dates, places, texts, JSON, entity tags. Pure: no database, no HTTP, no record."""
