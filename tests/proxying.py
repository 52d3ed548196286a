"""A network between a program and its servers that tests can tear: connections are forwarded, or swallowed."""

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class Proxy:
    """Forwards each connection to the next of its servers, given by their sockets.

    Attributes:
        port: where it listens, on loopback.
    """

    def __init__(self, sockets: Sequence[Path]) -> None:
        self.port = 0
        self._whole = asyncio.Event()
        self._whole.set()
        self._forgotten: set[asyncio.Task[None]] = set()
        self._sockets = itertools.cycle(sockets)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [writer]
        try:
            with suppress(OSError, asyncio.CancelledError):
                there, back = await asyncio.open_unix_connection(next(self._sockets))
                writers.append(back)
                await asyncio.gather(self._forward(reader, back, task), self._forward(there, writer, task))
        finally:
            for one in writers:
                one.close()
                with suppress(OSError):
                    await one.wait_closed()
            self._tasks.discard(task)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: "asyncio.Task[None]"
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._whole.wait()
                if task not in self._forgotten:
                    writer.write(data)
                    await writer.drain()
        if task in self._forgotten:
            await asyncio.Event().wait()
        writer.close()

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def tear(self) -> None:
        """Forward nothing any more, and tell nobody."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Forward again, what was held back as well."""
        self._loop.call_soon_threadsafe(self._whole.set)

    def forget(self) -> None:
        """Keep the connections that there are open, and forward nothing on them any more, not even their end."""
        self._loop.call_soon_threadsafe(lambda: self._forgotten.update(self._tasks))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@contextmanager
def proxy(*sockets: Path) -> Iterator[Proxy]:
    """Run a proxy before one or several servers."""
    one = Proxy(sockets)
    one.start()
    try:
        yield one
    finally:
        one.stop()
