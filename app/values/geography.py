"""Placeholder until the real module lands: overwrite this file whole."""


def bounding_boxes(geometry):
    return []
