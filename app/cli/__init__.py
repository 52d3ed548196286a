"""The command line: a module a group of commands, each parses, calls a service and prints.

What a command does lies in the feature that it is a command of.
"""
