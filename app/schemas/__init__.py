"""What requests and answers of several features share: parameters, pages, cards.

What one feature alone takes or answers lies in its `schemas`.
"""
