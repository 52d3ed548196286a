"""Dispatch: finds the operation for a request with a few dictionary lookups.

FastAPI tries its routes one after another, each with a regular expression, and runs dependency machinery
around every endpoint. `RouteTable` keeps them by the fixed part of their path, so that a hundred routes
cost what one does, and a `FastRoute` is called without that machinery.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import MethodNotAllowed, NotFound, nearest
from app.web.responses import send_empty
from app.web.routes import FastRoute

_MAX_PATH_LENGTH: Final = 4096


class _PathEntry:
    """All operations that share a path."""

    __slots__ = ("allow", "by_method", "convertors", "path", "regex")

    def __init__(self, path: str) -> None:
        self.path = path
        self.regex, _, self.convertors = compile_path(path)
        self.by_method: dict[str, tuple[Route, ASGIApp]] = {}
        self.allow = ""

    def add(self, route: Route, answer: ASGIApp) -> None:
        for method in sorted(route.methods or {"GET"}):
            self.by_method.setdefault(method, (route, answer))
        if "GET" in self.by_method:
            self.by_method.setdefault("HEAD", self.by_method["GET"])
        self.allow = ", ".join(sorted({*self.by_method, "OPTIONS"}))


class RouteTable:
    """Finds the operation for a request: by the whole path, else by the longest fixed prefix."""

    def __init__(self, app: FastAPI) -> None:
        """Read the routes of an application; routes added later are not seen."""
        self._fixed: dict[str, _PathEntry] = {}
        self._open: dict[str, list[_PathEntry]] = {}
        self._of_one_segment: dict[str, tuple[_PathEntry, str]] = {}
        self._mounts: list[tuple[str, ASGIApp]] = []
        self._depth = 1
        through_router = AsyncExitStackMiddleware(app.router)
        own = {id(route) for route in app.router.routes}
        for context in iter_route_contexts(app.router.routes):
            route = context.original_route
            if isinstance(route, Mount):
                self._mounts.append((route.path, through_router))
            elif isinstance(route, Route):
                answer = _endpoint(route) if id(route) in own else through_router
                self._add(route, context.path or route.path, answer)

    def _add(self, route: Route, path: str, answer: ASGIApp) -> None:
        beginning, brace, _ = path.partition("{")
        if not brace:
            self._fixed.setdefault(path, _PathEntry(path)).add(route, answer)
            return
        beginning = beginning[: beginning.rindex("/") + 1]
        self._depth = max(self._depth, beginning.count("/"))
        entries = self._open.setdefault(beginning, [])
        for entry in entries:
            if entry.path == path:
                entry.add(route, answer)
                return
        entry = _PathEntry(path)
        entry.add(route, answer)
        entries.append(entry)
        name = path[len(beginning) + 1 : -1]
        if path == f"{beginning}{{{name}}}" and name.isidentifier():
            self._of_one_segment[beginning[:-1]] = entry, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the request's operation.

        Raises:
            NotFound: no operation has this path.
            MethodNotAllowed: one has, but not with this method.
        """
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        if "\0" in path:  # Postgres cannot store or compare NUL
            raise NotFound("There is nothing at this address.", code="no_such_path")
        params: dict[str, Any] = {}
        entry = self._fixed.get(path)
        if entry is None:
            entry, params = self._search(path)
            if entry is None:
                for prefix, mounted in self._mounts:
                    if path.startswith(prefix + "/"):
                        return await mounted(scope, receive, send)
                raise self._not_found(path)
        found = entry.by_method.get(scope["method"])
        if found is None:
            if scope["method"] == "OPTIONS":
                return await send_empty(send, 204, [(b"allow", entry.allow.encode())])
            raise MethodNotAllowed(f"Use one of: {entry.allow}.", headers={"Allow": entry.allow})
        route, answer = found
        scope["route"] = route
        scope["path_params"] = params
        await answer(scope, receive, send)
        return None

    def _search(self, path: str) -> tuple[_PathEntry | None, dict[str, Any]]:
        if len(path) > _MAX_PATH_LENGTH:
            return None, {}
        parent, _, segment = path.rpartition("/")
        if segment and (found := self._of_one_segment.get(parent)) is not None:
            return found[0], {found[1]: segment}
        cuts = path.split("/", self._depth)[:-1]
        while cuts:
            for entry in self._open.get("/".join(cuts) + "/", ()):
                match = entry.regex.match(path)
                if match:
                    convertors = entry.convertors
                    return entry, {k: convertors[k].convert(v) for k, v in match.groupdict().items()}
            cuts.pop()
        return None, {}

    def _not_found(self, path: str) -> NotFound:
        # Paths share prefixes: the end of the path says whether one was meant for the other.
        last = _last_segment(path)
        near = nearest(path, [one for one in self._fixed if nearest(last, [_last_segment(one)])])
        meant = f" Did you mean {near}?" if near else ""
        return NotFound(f"There is nothing at this address.{meant}", code="no_such_path")


def _last_segment(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _endpoint(route: Route) -> ASGIApp:
    # FastAPI's own endpoints expect the stack that this puts into the scope.
    plain = isinstance(route, FastRoute) or not isinstance(route, APIRoute)
    return route.app if plain else AsyncExitStackMiddleware(route.app)
