"""The commands of `annals`, a module for each group."""
