"""What the pages for people share: templates, a layout, and what a page may load."""

from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.types import Scope

from app.explorer.decades import century_edtf, century_label, decade_edtf, decade_label
from app.explorer.static_files import address
from app.explorer.titles import pieces_of
from app.web.auth import signed_in_with
from app.web.templates import page_templates
from app.web.typed_responses import NO_STORE, FixedResponse, TypedResponse

_TEMPLATES: Final = page_templates("app.explorer")
_TEMPLATES.globals |= {"static": address, "pieces_of": pieces_of}
_TEMPLATES.globals |= {"decade_edtf": decade_edtf, "decade_label": decade_label}
_TEMPLATES.globals |= {"century_edtf": century_edtf, "century_label": century_label}

_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What every page of the explorer needs to know of the service.

    Attributes:
        base: the way from the page to the address of the service: empty, or `../` some times.
        reader: the label of the key of whoever has signed in.
    """

    base: str
    reader: str | None = None

    @classmethod
    def of(cls, scope: Scope) -> "Site":
        """Return what the page at the path of a request needs."""
        site = cls.at(scope["path"].removeprefix(scope.get("root_path", "")))
        key = signed_in_with(scope)
        return site if key is None else replace(site, reader=key.label)

    @classmethod
    def at(cls, path: str) -> "Site":
        """Return what the page at a path of the service needs, whoever asks for it."""
        return cls("../" * (path.count("/") - 1))

    def page(
        self, template: str, *, status: int = 200, cache_control: str | None = None, **values: Any
    ) -> TypedResponse[str]:
        """Render a page that is made of the database as it is now; it runs and loads what the service itself has alone.

        No browser shows a page again to who has signed out, unless `cache_control` says otherwise.
        """
        return TypedResponse(
            self._render(template, **values),
            status=status,
            media_type="text/html; charset=utf-8",
            cache_control=cache_control or ("no-cache" if self.reader is None else NO_STORE),
            headers=[(b"content-security-policy", _POLICY.encode())],
        )

    def kept_page(self, template: str, **values: Any) -> FixedResponse[str]:
        """Render a page, likewise, that is made once and sent often, to whoever asks."""
        return FixedResponse.html(self._render(template, **values), _POLICY)

    def _render(self, template: str, **values: Any) -> bytes:
        return _TEMPLATES.get_template(template).render(base=self.base, reader=self.reader, **values).encode()
