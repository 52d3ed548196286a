"""What the pages for people share: each is a template, with a style in the page itself, allowed by its digest."""

import base64
import hashlib
from typing import Any, Final

from app.web.templates import page_templates
from app.web.typed_responses import FixedResponse, TypedResponse

_TEMPLATES: Final = page_templates("app.explorer")


class HtmlPage:
    """A page, and the policy that allows its style."""

    def __init__(self, body: bytes, policy: str) -> None:
        """Make a page."""
        self._response: FixedResponse[str] = FixedResponse.html(body, policy)

    def respond(self) -> TypedResponse[str]:
        """Return the response that it is."""
        return self._response


def render_page(template: str, style: str, **values: Any) -> HtmlPage:
    """Render a page that runs no script and loads nothing from elsewhere; `style` is a template as well."""
    body = _TEMPLATES.get_template(template).render(style=style, **values).encode()
    sheet = _TEMPLATES.get_template(style).render().encode()
    digest = base64.b64encode(hashlib.sha256(sheet).digest()).decode()
    return HtmlPage(
        body,
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
