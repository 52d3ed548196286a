"""One record: in the canonical view, in a source's view, as of a past moment; its card, and what refers to it.

Lists are `listing`'s; revisions and their differences `history`'s.
"""
