"""Routes of pages that show records: where reading needs a key, they lead whoever has none to where one is given."""

from fastapi import Request
from starlette.types import ASGIApp

from app.errors import Unauthorized
from app.explorer.sign_in import to_sign_in
from app.web.auth import authenticate
from app.web.routes import Call, FastRoute


class PageRoute(FastRoute):
    """Shows a page to who may read, by a key in the cookie as by one in `Authorization`; sends others to sign in."""

    async def _answer(self, request: Request, call: Call) -> ASGIApp:
        try:
            await authenticate(request.app, request.scope, "read")
        except Unauthorized:
            return to_sign_in(request.scope)
        return await super()._answer(request, call)
