"""Forms of the service's own pages: those that are sent from other sites' pages are refused (cross-site request forgery)."""

from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

from app.errors import BadRequest, Fault
from app.settings import Settings
from app.web.headers import header, header_values

_OWN: Final = frozenset((b"same-origin", b"none"))
"""Values of `Sec-Fetch-Site` (W3C Fetch Metadata): a page of this origin, or a person, who typed or reloaded."""


def came_from_other_site(scope: Scope) -> bool:
    """Return whether a browser says that another origin's page led to a request: such a request has no `Strict` cookie."""
    site = header(scope, b"sec-fetch-site")
    return bool(site) and site not in _OWN


def refuse_other_origins(scope: Scope, settings: Settings) -> None:
    """Refuse a form that another origin's page sent.

    Browsers say so in `Sec-Fetch-Site`, over plain HTTP in `Origin` alone, whose host is compared with that of the request
    and that of `ANNALS_PUBLIC_URL`: a proxy may have ended TLS, so its scheme says nothing. What has neither comes from no
    browser of today.

    Raises:
        BadRequest: it came from another origin.
    """
    sites = header_values(scope, "sec-fetch-site")
    if sites:
        if len(sites) == 1 and sites[0] in _OWN:
            return
        raise _cross_site("Sec-Fetch-Site")
    origins = header_values(scope, "origin")
    if not origins:
        return
    own = {header(scope, b"host").decode("latin-1").lower()}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).netloc.lower())
    scheme, _, host = origins[0].decode("latin-1").lower().partition("://")
    if len(origins) > 1 or scheme not in ("http", "https") or host not in own:
        raise _cross_site("Origin")


def _cross_site(name: str) -> BadRequest:
    detail = "Open the page of this service that has the form, and send it from there."
    return BadRequest(
        "The form was sent from another site's page.",
        code="cross_site_form",
        faults=[Fault("cross_site_form", detail, header=name)],
    )
