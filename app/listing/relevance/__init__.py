"""Lists in the order of how well records match words."""
