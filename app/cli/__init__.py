"""The command line: one module for each group of commands; each command parses, calls a service and prints.

What a command does belongs in its feature.
"""
