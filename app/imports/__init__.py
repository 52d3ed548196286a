"""Data sets in: read, mapped, validated, staged, and written in groups that are closed under reference.

Everything is validated before anything is written, and memory is bounded whatever the size of the files: so
documents are staged in the database first. What is written goes through `writing`, like every other write.
"""
