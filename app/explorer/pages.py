"""What the pages for people share: each is a template, with a style in the page itself, allowed by its digest."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from app.web.templates import page_templates
from app.web.typed_responses import TypedResponse

_TEMPLATES: Final = page_templates("app.explorer")


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page, and the policy that allows its style."""

    body: bytes
    policy: str

    def respond(self) -> TypedResponse[str]:
        """Make a response of it."""
        return TypedResponse.html(self.body, self.policy)


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
