"""What the pages for people share: templates, a layout, and what a page may load."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Scope

from app.explorer.decades import century_edtf, century_label, decade_edtf, decade_label
from app.explorer.static_files import address
from app.explorer.titles import pieces_of
from app.settings import Settings
from app.web.auth import signed_in_with
from app.web.templates import page_templates
from app.web.typed_responses import NO_STORE, FixedResponse, TypedResponse

_TEMPLATES: Final = page_templates("app.explorer")
_TEMPLATES.globals |= {"static": address, "pieces_of": pieces_of}
_TEMPLATES.globals |= {"decade_edtf": decade_edtf, "decade_label": decade_label}
_TEMPLATES.globals |= {"century_edtf": century_edtf, "century_label": century_label}

_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:{tiles}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What every page of the explorer needs to know of the service.

    Attributes:
        base: the way from the page to the address of the service: empty, or `../` some times.
        reader: the label of the key of whoever has signed in.
        settings: those of the service, which say where tiles of maps come from; None for pages without a map.
    """

    base: str
    reader: str | None = None
    settings: Settings | None = None

    @classmethod
    def of(cls, scope: Scope) -> "Site":
        """Return what the page at the path of a request needs."""
        key = signed_in_with(scope)
        below: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return cls(_way_up(below), None if key is None else key.label, scope["app"].state.settings)

    @classmethod
    def at(cls, path: str) -> "Site":
        """Return what the page at a path of the service needs, whoever asks for it."""
        return cls(_way_up(path))

    @property
    def _policy(self) -> str:
        """The content security policy: what the service itself has may be loaded, and tiles of maps where these are set."""
        origin = None if self.settings is None else self.settings.map_origin
        return _POLICY.format(tiles="" if origin is None else f" {origin}")

    def page(
        self, template: str, *, status: int = 200, cache_control: str | None = None, **values: Any
    ) -> TypedResponse[str]:
        """Render a page that is made of the database as it is now.

        No browser shows a page again to who has signed out, unless `cache_control` says otherwise.
        """
        return TypedResponse(
            self._render(template, **values),
            status=status,
            media_type="text/html; charset=utf-8",
            cache_control=cache_control or ("no-cache" if self.reader is None else NO_STORE),
            headers=[(b"content-security-policy", self._policy.encode())],
        )

    def kept_page(self, template: str, **values: Any) -> FixedResponse[str]:
        """Render a page, likewise, that is made once and sent often, to whoever asks."""
        return FixedResponse.html(self._render(template, **values), self._policy)

    def _render(self, template: str, **values: Any) -> bytes:
        settings = self.settings
        tiles = {
            "map_tiles": None if settings is None else settings.map_tiles,
            "map_attribution": None if settings is None else settings.map_attribution,
        }
        known = {"base": self.base, "reader": self.reader, **tiles}
        return _TEMPLATES.get_template(template).render(**known, **values).encode()


def _way_up(path: str) -> str:
    return "../" * (path.count("/") - 1)
