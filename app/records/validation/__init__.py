"""How a document becomes a record: steps in order, every fault told at once.

Models do not know how they are validated.
"""
