"""Questions to the database: filters, sorting and cursors."""
