"""Files that commands write to."""

import os
from pathlib import Path
from typing import Final

import typer

STANDARD: Final = Path("-")
"""What stands for standard output in place of a file."""


def writable(file: Path) -> Path:
    """Give the file back where it can be written to, beside what is in its folder already.

    Raises:
        BadParameter: its folder is not there, is none or cannot be written to, or it is a folder itself.
    """
    if file == STANDARD:
        return file
    folder = file.parent
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; name a file in it.")
    if not folder.is_dir():
        raise typer.BadParameter(f"There is no folder {folder} to write to.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise typer.BadParameter(f"The folder {folder} cannot be written to.")
    return file
