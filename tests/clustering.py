"""The database machines of the reference deployment: etcd, Patroni and Postgres on each of three, as the shipped files say.

Each machine has an address of its own on loopback, so that ports are those of the files. It takes Debian's packages, and
root, to run them as the user `postgres`.
"""

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pooling import running_bouncer
from replicating import memory_folder
from ruamel.yaml import YAML
from shipped import shipped
from waiting import HANG_SECONDS

PROGRAMS = "/usr/lib/postgresql/15/bin:/usr/bin:/bin:/usr/sbin"
NEEDED = ("patroni", "patronictl", "etcd", "haproxy", "pgbouncer", "pgbackrest", "pg_rewind")
USER = "postgres"
NAMES = ("db1", "db2", "db3")
PASSWORD = "secret-of-annals"

_networks = itertools.count(os.getpid())


def missing_programs() -> list[str]:
    """Return what a cluster needs and this machine does not have."""
    missing = [name for name in NEEDED if shutil.which(name, path=PROGRAMS) is None]
    return missing if os.geteuid() == 0 else [*missing, "root"]


@dataclass
class Machine:
    """A machine of the cluster.

    Attributes:
        address: where all of its programs listen.
        folder: its files: settings, logs, sockets, and the data of etcd and of Postgres.
        environment: what its programs are started with.
    """

    name: str
    address: str
    folder: Path
    environment: dict[str, str]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Start etcd and Patroni, where they do not run."""
        self._start("etcd", "--config-file", str(self.folder / "etcd.yml"))
        self.start_patroni()

    def start_patroni(self) -> None:
        self._start("patroni", str(self.folder / "patroni.yml"))

    def _start(self, program: str, *arguments: str) -> None:
        if program in self.running:
            return
        with (self.folder / f"{program}.log").open("ab") as log:
            self.running[program] = subprocess.Popen(
                [program, *arguments],
                env=self.environment,
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_AS_USER,
            )

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command on it, and return what it printed."""
        ended = subprocess.run(
            command,
            env=self.environment,
            cwd="/",
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            **_AS_USER,
        )
        assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
        return ended.stdout

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Run a statement on its Postgres, past the network, and return what that answers."""
        return self.run("psql", "-XAtq", "-h", str(self.folder), "-d", database, "-c", statement).strip()

    def stop_sending(self) -> None:
        """Have its Postgres send nothing more to the standbys, who are not told."""
        for process in self.ask("SELECT pid FROM pg_stat_replication").split():
            os.kill(int(process), signal.SIGSTOP)

    def kill_postmaster(self) -> None:
        """End the first process of Postgres; the others notice and end as well."""
        with suppress(FileNotFoundError, ProcessLookupError, IndexError):
            os.kill(self._postmaster(), signal.SIGKILL)

    def kill(self) -> None:
        """End everything at once, as when the power fails."""
        with suppress(FileNotFoundError, IndexError):
            postmaster = self._postmaster()
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii")
            processes = [postmaster, *map(int, children.split())]
            # Patroni first, so that it cannot start what it misses.
            for process in (*(one.pid for one in self.running.values()), *processes):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        for one in self.running.values():
            one.kill()
            one.wait()
        self.running.clear()

    def stop_patroni(self) -> None:
        """Stop Patroni, and with it Postgres, in good order."""
        patroni = self.running.pop("patroni")
        patroni.terminate()
        patroni.wait(HANG_SECONDS)

    def _postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])


_AS_USER: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []}


@dataclass
class Cluster:
    """Three machines, and HAProxy of a service before them."""

    folder: Path
    network: str
    machines: list[Machine]

    def url(self, port: int = 5000) -> str:
        """The database by way of HAProxy: 5000 leads to the primary, 5001 to the standbys."""
        return self._url(f"{self.network}10:{port}")

    @property
    def url_of_pooler(self) -> str:
        """The database by way of PgBouncer, which is behind HAProxy."""
        return self.url(6432)

    @property
    def url_of_hosts(self) -> str:
        """The database by way of the machines themselves."""
        return self._url(",".join(f"{machine.address}:5432" for machine in self.machines))

    @staticmethod
    def _url(places: str) -> str:
        return f"postgresql+psycopg://annals:{PASSWORD}@{places}/annals"

    def roles(self) -> dict[str, Machine]:
        """Return the machine in each role, `leader`, `sync_standby` and `replica`, of those that are well."""
        for machine in self.machines:
            with suppress(httpx.TransportError, KeyError, ValueError):
                members = httpx.get(f"http://{machine.address}:8008/cluster", timeout=2).json()["members"]
                return {
                    one["role"]: self.machines[NAMES.index(one["name"])]
                    for one in members
                    if one["state"] in ("running", "streaming")
                }
        return {}

    def wait_until_whole(self) -> dict[str, Machine]:
        """Wait until all machines are there and one of them has all that the primary has; gives the roles."""
        last = time.monotonic() + HANG_SECONDS
        while True:
            roles = self.roles()
            if roles.keys() == {"leader", "sync_standby", "replica"}:
                with suppress(AssertionError):
                    # What Patroni says lags by as much as it looks: Postgres knows.
                    count = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND usename = 'replicator'"
                    if roles["leader"].ask(count) == "2":
                        return roles
            assert time.monotonic() < last, f"the cluster is not whole: {list(roles)}\n{self.logs()}"
            time.sleep(0.2)

    def patronictl(self, *arguments: str, stdin: str = "") -> str:
        """Have Patroni do something, as an administrator does on the first machine that runs."""
        machine = next(one for one in self.machines if "etcd" in one.running)
        return machine.run("patronictl", "-c", str(machine.folder / "patroni.yml"), *arguments, stdin=stdin)

    def logs(self) -> str:
        """Return the ends of all logs."""
        return "\n".join(
            f"--- {log.parent.name}/{log.name}\n{log.read_text(errors='replace')[-1500:]}"
            for log in sorted(self.folder.glob("*/*.log"))
        )


@contextmanager
def cluster(**timeouts: int) -> Iterator[Cluster]:
    """Run the machines and HAProxy; `timeouts` are put in the place of those in `bootstrap.dcs`."""
    with ExitStack() as stack:
        folder = memory_folder("annals-patroni-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        number = next(_networks)
        network = f"127.{77 + number // 200 % 100}.{number % 200}."
        for name in ("repository", "pgbackrest"):
            (folder / name).mkdir()
            shutil.chown(folder / name, USER, USER)
        made = Cluster(folder, network, [_machine(folder, network, name, timeouts) for name in NAMES])
        for machine in made.machines:
            stack.callback(machine.kill)
            machine.start()
        leader = made.wait_until_whole()["leader"]
        leader.run("pgbackrest", "--stanza=annals", "stanza-create")
        stack.enter_context(_haproxy(made))
        stack.enter_context(_pgbouncer(made))
        yield made


def _shipped(name: str, network: str, **replaced: str) -> str:
    """Return a file of the deployment for another network, with each of `replaced` in the place of what it is named."""
    in_network = {"10.0.0.0/24": "127.0.0.0/8"} if name == "patroni.yml" else {}
    return shipped(name, {**in_network, "10.0.0.": network, **replaced})


def _machine(folder: Path, network: str, name: str, timeouts: dict[str, int]) -> Machine:
    own = folder / name
    own.mkdir()
    address = f"{network}{NAMES.index(name) + 1}"
    yaml = YAML(typ="safe")
    etcd = yaml.load(_shipped("etcd.yml", network))
    etcd |= {"name": name, "data-dir": str(own / "etcd")}
    for purpose, port in (("client", 2379), ("peer", 2380)):
        etcd[f"listen-{purpose}-urls"] = f"http://{address}:{port}"
    etcd["advertise-client-urls"], etcd["initial-advertise-peer-urls"] = (
        f"http://{address}:2379",
        f"http://{address}:2380",
    )
    patroni = yaml.load(_shipped("patroni.yml", network))
    patroni["name"] = name
    patroni["restapi"] |= {"listen": f"{address}:8008", "connect_address": f"{address}:8008"}
    patroni["bootstrap"]["dcs"] |= timeouts
    postgres = patroni["postgresql"]
    postgres |= {"listen": f"{address}:5432", "connect_address": f"{address}:5432"}
    postgres |= {"data_dir": str(own / "data"), "pgpass": str(own / "pgpass")}
    postgres["parameters"]["unix_socket_directories"] = str(own)
    for file, document in (("etcd.yml", etcd), ("patroni.yml", patroni)):
        with (own / file).open("w", encoding="utf-8") as opened:
            yaml.dump(document, opened)
    backup = {
        "/var/lib/pgbackrest": folder / "repository",
        "/var/lib/postgresql/15/annals": own / "data",
        "/var/run/postgresql": own,
        "/var/log/pgbackrest": folder / "pgbackrest",
    }
    (own / "pgbackrest.conf").write_text(
        shipped("pgbackrest.conf", {old: str(new) for old, new in backup.items()}), encoding="utf-8"
    )
    for path in (own, *own.iterdir()):
        shutil.chown(path, USER, USER)
    environment = {
        "PATH": PROGRAMS,
        "HOME": str(own),
        "LANG": "C.UTF-8",
        "PGBACKREST_CONFIG": str(own / "pgbackrest.conf"),
    }
    return Machine(name, address, own, environment)


@contextmanager
def _haproxy(made: Cluster) -> Iterator[None]:
    settings = made.folder / "haproxy.cfg"
    settings.write_text(_shipped("haproxy.cfg", made.network, **{"127.0.0.1:": f"{made.network}10:"}))
    settings.chmod(0o644)
    (made.folder / "haproxy").mkdir()
    with (made.folder / "haproxy" / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [shutil.which("haproxy", path=PROGRAMS) or "haproxy", "-f", str(settings)],
            stdout=log,
            stderr=log,
            **_AS_USER,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _pgbouncer(made: Cluster) -> Iterator[None]:
    folder = made.folder / "pgbouncer"
    folder.mkdir()
    users = folder / "userlist.txt"
    users.write_text(f'"annals" "{PASSWORD}"\n')
    settings = folder / "pgbouncer.ini"
    replaced = {
        "/etc/pgbouncer/userlist.txt": str(users),
        "/var/log/postgresql/pgbouncer.log": str(folder / "log"),
        "/run/postgresql/pgbouncer.pid": str(folder / "pid"),
        "127.0.0.1": f"{made.network}10",
    }
    settings.write_text(shipped("pgbouncer.ini", replaced))
    for path in (folder, users, settings):
        shutil.chown(path, USER, USER)
    with running_bouncer(settings, USER, (f"{made.network}10", 6432)):
        yield
