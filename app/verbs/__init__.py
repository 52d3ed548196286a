"""What may be done with the database: plain functions that know no HTTP."""
