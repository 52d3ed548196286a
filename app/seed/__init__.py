"""From the fixtures in seed_data to the database, by the one write path."""
