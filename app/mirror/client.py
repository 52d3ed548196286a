"""Asking a service, which may limit how often it is asked, be restarted or be away for a while."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.errors import AnnalsError, BadRequest, Forbidden, Unauthorized, Unavailable

if TYPE_CHECKING:
    import httpx

TRIES: Final = 10
"""How often one request is sent before giving up; about three minutes where the service does not say how long to wait."""

MAX_WAIT_SECONDS: Final = 3600
"""The longest that is waited for because a service asks for it; past that, it is better to come again."""

_LONGEST_PAUSE_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 120
_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})
_TOLD_SECONDS: Final = 1


class ServiceClient:
    """One service over HTTP."""

    def __init__(
        self,
        url: str,
        key: str | None,
        tell: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask nothing yet.

        Args:
            url: the address of the service, with or without a slash at its end.
            key: an API key, where the service wants one.
            tell: is told in a sentence why something is waited for.
            sleep: waits for so many seconds.
        """
        # Only this command needs it, and loading it takes longer than many commands do.
        import httpx

        self._transport_error: type[Exception] = httpx.TransportError
        headers = {"Accept": "application/json", "User-Agent": "annals-mirror"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        try:
            self._http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS)
        except (httpx.InvalidURL, ValueError) as error:
            detail = f"{url} is no address of a service; give one such as https://annals.example."
            raise BadRequest(detail) from error
        self._url = url
        self._tell = tell
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wait(self, seconds: float, why: str) -> None:
        """Wait, and say why where it takes more than a moment."""
        if seconds >= _TOLD_SECONDS:
            self._tell(f"{why}; waiting {seconds:,.0f} s")
        self._sleep(seconds)

    def get(
        self,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        *,
        expected: tuple[int, ...] = (200,),
        headers: Mapping[str, str] | None = None,
    ) -> "httpx.Response":
        """Read an address; sent again where the service is busy, limits requests, or cannot be reached.

        Raises:
            Unavailable: it did not answer, or not otherwise, however often it was asked.
            Unauthorized: it wants a key, or another one.
            Forbidden: the key may not read this.
            BadRequest: it answers something that a service of this sort does not.
        """
        why, wait = "", 0.0
        for tried in range(TRIES):
            if tried:
                self.wait(wait, why)
            wait = min(0.5 * 2**tried, _LONGEST_PAUSE_SECONDS)
            try:
                answer = self._http.get(path, params=parameters, headers=headers)
            except self._transport_error as error:
                why = f"{self._url} does not answer ({str(error) or type(error).__name__})"
                continue
            if answer.status_code in expected:
                return answer
            why = f"{self._url} answers {answer.status_code}: {_detail(answer)}"
            if answer.status_code not in _TRANSIENT:
                raise _refusal(answer, why)
            asked = self._wait_asked_for(answer, why)
            wait = wait if asked is None else asked
        raise Unavailable(f"{why}. That was tried {TRIES} times; try again later.")

    def read(self, path: str, parameters: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Read a JSON object; raises what `get` does."""
        return self.object_of(self.get(path, parameters))

    def object_of(self, answer: "httpx.Response") -> dict[str, Any]:
        """Return the JSON object of an answer.

        Raises:
            BadRequest: it is none.
        """
        try:
            found = orjson.loads(answer.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            detail = f"What answers at {self._url} is no Annals service: {answer.request.url.path} is no JSON object."
            raise BadRequest(detail)
        return found

    def _wait_asked_for(self, answer: "httpx.Response", why: str) -> float | None:
        said = answer.headers.get("Retry-After", "").strip()
        if not said:
            return None
        try:
            # A number of seconds, or a time (RFC 9110, section 10.2.3).
            wait = float(said) if said.isdecimal() else _seconds_until(said)
        except (ValueError, TypeError):
            return None
        if wait > MAX_WAIT_SECONDS:
            raise Unavailable(f"{why}. It asks to come again in {wait / 60:,.0f} minutes.")
        return max(wait, 0.0)


def _seconds_until(said: str) -> float:
    return (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()


def _detail(answer: "httpx.Response") -> str:
    try:
        problem = orjson.loads(answer.content)
        said = problem["detail"]
    except (ValueError, KeyError, TypeError):
        said = answer.reason_phrase
    return str(said)[:300].rstrip(".")


def _refusal(answer: "httpx.Response", why: str) -> AnnalsError:
    if answer.status_code == 401:
        return Unauthorized(
            f"{why}. Give a key of that service that may read, with --key or ANNALS_MIRROR_KEY."
        )
    if answer.status_code == 403:
        return Forbidden(f"{why}.")
    if answer.is_redirect:
        return BadRequest(
            f"{why}. It is now at {answer.headers.get('Location', 'another address')}; give that address."
        )
    return BadRequest(f"{why}. Is this the address of an Annals service?")
