"""Dates as people write them, in six languages: from text to the EDTF values that it may mean.

`reading` is the way in. `words` holds what a language calls things, `vocabulary` puts it together with the names
of months, weekdays and eras from CLDR, `tokens` splits a text, `grammar` and what it calls build dates of the tokens.

What EDTF itself means is in `values.edtf`; dates in other calendars than the Gregorian and the Julian, which
`reading` offers too, are in `values.calendars`. Nothing here chooses between two readings of a text.
"""
