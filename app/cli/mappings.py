"""`annals mappings`: the mappings that ship, for the files of known data sets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.common import AsJson, print_json

mappings = typer.Typer(help="List and show the mappings that ship.", no_args_is_help=True)


@mappings.command("list")
def list_(as_json: AsJson = False) -> None:
    """List them: their names, for `annals import FILE --as NAME`, and the tables that they are for."""
    from app.imports.mapping.shipped import shipped_mapping, shipped_names

    found: list[dict[str, Any]] = []
    for name in shipped_names():
        mapping = shipped_mapping(name)
        joined = [join.file for join in mapping.joins.values()]
        found.append(
            {"name": name, "about": mapping.about, "columns": sorted(mapping.named), "joins": joined}
        )
    if as_json:
        print_json(found)
        return
    for one in found:
        beside = f" (with {', '.join(one['joins'])} beside it)" if one["joins"] else ""
        typer.echo(f"{one['name']:<16} {one['about']}{beside}")


@mappings.command()
def show(name: Annotated[str, typer.Argument(help="As `annals mappings list` gives it.")]) -> None:
    """Print one, in YAML: to read, or to begin one of your own with."""
    typer.echo(known_mapping_file(name, "NAME").read_text(encoding="utf-8"), nl=False)


def known_mapping_file(name: str, given_as: str) -> Path:
    """Return the file of a mapping that ships; `given_as` is the option or argument that names it.

    Raises:
        BadParameter: there is none of that name.
    """
    from app.imports.mapping.shipped import shipped_mapping_file, unknown_name

    fault = unknown_name(name)
    if fault is not None:
        meant = f" Did you mean {fault.suggestion}?" if fault.suggestion else ""
        raise typer.BadParameter(f"{fault.detail}{meant}", param_hint=given_as)
    return shipped_mapping_file(name)
