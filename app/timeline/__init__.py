"""How many records there are in each year, decade or century."""
