"""Dates in calendars other than the Gregorian and the Julian, and their Gregorian days; pure.

Here belong the rules of each calendar, the names of months and eras, and the reading of texts that use them.
EDTF, whose digits are Gregorian or Julian, is in `app.values.edtf`; those two calendars are in
`app.values.calendar`.
"""
