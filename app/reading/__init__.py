"""One record: as it is, as a source has it, as it was known at a moment; its cards, and who refers to it.

Lists are `listing`'s.
"""
