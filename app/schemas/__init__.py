"""What requests and responses of several features share: parameters, pages, cards.

What only one feature takes or returns belongs in its `schemas`.
"""
