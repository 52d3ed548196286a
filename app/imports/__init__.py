"""Data sets in: read, mapped, checked whole, staged, and written in groups that hold together.

What is written goes through `writing`, like every other write.
"""
