"""What the pages for people share: each is a template, with a style in the page itself, allowed by its digest."""

import base64
import hashlib
from typing import Any, Final

from app.web.templates import page_templates
from app.web.typed_responses import FixedResponse

_TEMPLATES: Final = page_templates("app.explorer")


def render_page(template: str, style: str, **values: Any) -> FixedResponse[str]:
    """Render a page that runs no script and loads nothing from elsewhere; `style` is a template as well."""
    body = _TEMPLATES.get_template(template).render(style=style, **values).encode()
    sheet = _TEMPLATES.get_template(style).render().encode()
    digest = base64.b64encode(hashlib.sha256(sheet).digest()).decode()
    return FixedResponse.html(
        body,
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
