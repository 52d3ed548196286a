"""Machines with a Postgres each, in network namespaces of their own, whose cables can be pulled. It takes root and `ip`."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from replicating import FAST_PRIMARY, embedded, memory_folder

SETTINGS = f"""{FAST_PRIMARY}
listen_addresses = '*'
port = 5432
"""
_networks = itertools.count(os.getpid() % 200)


def can_partition() -> bool:
    """Return whether this machine lets the tests make namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"annals-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        ip("netns", "del", name)
    return made


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@dataclass
class Machine:
    """A machine with a Postgres.

    Attributes:
        address: its address in the network, which leads to it from outside.
        namespace: where its processes are.
        inside: its end of the cable.
        data: the folder of its database.
    """

    address: str
    namespace: str
    inside: str
    data: Path
    programs: Path
    system_user: str

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of Postgres on it."""
        within = ["ip", "netns", "exec", self.namespace]
        as_user = ["setpriv", f"--reuid={self.system_user}", f"--regid={self.system_user}", "--clear-groups"]
        subprocess.run(
            [*within, *as_user, str(self.programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def start(self) -> None:
        options = f"-k {self.data.parent}"
        log = str(self.data.parent / "log")
        self.run("pg_ctl", "-w", "-D", str(self.data), "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-D", str(self.data), "-m", "immediate", "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-w", "-D", str(self.data), "promote")

    def pull_cable(self) -> None:
        """Take its interface down: nothing comes or goes, and nobody is told."""
        ip("-n", self.namespace, "link", "set", self.inside, "down")

    def plug_cable(self) -> None:
        ip("-n", self.namespace, "link", "set", self.inside, "up")

    def fall_mute(self) -> None:
        """Have it receive all, and answer nothing: it is somewhere on the way back that packets are lost."""
        ip("-n", self.namespace, "route", "add", "blackhole", f"{_gateway(self.address)}/32")

    def speak(self) -> None:
        ip("-n", self.namespace, "route", "del", "blackhole", f"{_gateway(self.address)}/32")

    def ask(self, statement: str, database: str = "postgres") -> None:
        """Run a statement, past the network."""
        folder = str(self.data.parent)
        with psycopg.connect(host=folder, user="postgres", dbname=database, autocommit=True) as connection:
            connection.execute(statement)


def _gateway(address: str) -> str:
    return address.rpartition(".")[0] + ".1"


@contextmanager
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Two machines in a network: a primary, and a hot standby that follows it."""
    with ExitStack() as stack:
        number = next(_networks) % 200
        bridge, network = f"annals{number}", f"10.213.{number}"
        ip("link", "add", bridge, "type", "bridge")
        stack.callback(ip, "link", "del", bridge)
        ip("addr", "add", f"{network}.1/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        template = stack.enter_context(_programs())
        primary, standby = (
            stack.enter_context(_machine(bridge, f"{network}.{n}", *template)) for n in (11, 12)
        )
        primary.run("initdb", "-D", str(primary.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        with (primary.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        with (primary.data / "pg_hba.conf").open("a") as conf:
            conf.write(f"host all all {network}.0/24 trust\nhost replication all {network}.0/24 trust\n")
        primary.start()
        stack.callback(_quietly, primary.stop)
        source = f"host={primary.address} user=postgres"
        standby.run("pg_basebackup", "-D", str(standby.data), "-d", source, "-R", "-c", "fast")
        standby.start()
        stack.callback(_quietly, standby.stop)
        yield primary, standby


@contextmanager
def _programs() -> Iterator[tuple[Path, str]]:
    """Where the programs of Postgres are, and whom they run as."""
    folder = memory_folder("annals-programs-")
    try:
        server = embedded().get_server(folder, cleanup_mode="delete", start=False)
        yield server.bin_path, server.system_user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _machine(bridge: str, address: str, programs: Path, user: str) -> Iterator[Machine]:
    number = "".join(address.split(".")[2:])
    namespace, outside, inside = f"annals-{number}", f"an{number}o", f"an{number}i"
    folder = memory_folder("annals-machine-")
    shutil.chown(folder, user, user)
    ip("netns", "add", namespace)
    try:
        ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", namespace)
        ip("link", "set", outside, "master", bridge, "up")
        ip("-n", namespace, "addr", "add", f"{address}/24", "dev", inside)
        ip("-n", namespace, "link", "set", "lo", "up")
        ip("-n", namespace, "link", "set", inside, "up")
        yield Machine(address, namespace, inside, folder / "data", programs, user)
    finally:
        # Sockets that nobody answers keep the namespace for a while, and with it the cable.
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", outside)
        ip("netns", "del", namespace)
        shutil.rmtree(folder, ignore_errors=True)


def _quietly(stop: object) -> None:
    assert callable(stop)
    with suppress(subprocess.CalledProcessError):
        stop()
