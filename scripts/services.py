"""PostgreSQL, Redis, Elasticsearch and Chromium for the tests, private to this checkout. Called by scripts/services.

    scripts/services start [name …]    finds or starts them and prints `export VARIABLE=value` lines for eval
    scripts/services env               prints the lines for what runs now, starts nothing
    scripts/services status [name …]   says for each: where it is, or how it would be found
    scripts/services stop [name …]     ends what `start` started, and nothing else

Each address is taken from the environment when it is there; else from a container where an engine answers; else
from Debian's packages (Elasticsearch: from ../shared/elasticsearch) as a private instance on a free port. What
cannot be had is said on standard error and left out: the tests decide whether that is a failure.
"""

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import pwd
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "var" / "services.json"
NAME = "msme-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
# Not below the checkout: run by root, servers become another user, who may not enter our folder.
HOME = Path("/var/tmp") / f"{NAME}-{os.getuid()}"
SHARED_ELASTICSEARCH = ROOT.parent / "shared" / "elasticsearch" / "elasticsearch"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
VARIABLES = {
    "postgresql": "TEST_POSTGRES_URL",
    "redis": "TEST_REDIS_URL",
    "elasticsearch": "TEST_ELASTICSEARCH_URL",
    "chromium": "CHROMIUM",
}
PACKAGES = {
    "postgresql": ["postgresql"],
    "redis": ["redis-server"],
    "chromium": ["chromium", "fonts-thai-tlwg"],
    "gettext": ["gettext"],
}
IMAGES = {"postgresql": ("postgres:17", 5432), "redis": ("redis:8", 6379), "elasticsearch": ("elasticsearch:8.19.3", 9200)}

State = dict[str, dict]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_state() -> State:
    try:
        return json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}


def write_state(state: State) -> None:
    STATE.parent.mkdir(parents=True, exist_ok=True)
    unfinished = STATE.with_suffix(".tmp")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # it holds a password
        json.dump(state, file, indent=1)
    unfinished.replace(STATE)


def run(*command: str | Path, check: bool = True, **options) -> subprocess.CompletedProcess:
    """Quiet; raises RuntimeError with the command's last lines when it fails."""
    result = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    if check and result.returncode:
        raise RuntimeError(f"{command[0]}: {result.stdout.strip()[-800:] or result.returncode}")
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


def wait_for(is_ready: Callable[[], bool], *, what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} does not answer after {seconds:.0f} s")
        time.sleep(0.2)


# Where it comes from: containers


def find_engine() -> str:
    """docker or podman, when its daemon answers."""
    for engine in ("docker", "podman"):
        if shutil.which(engine):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if run(engine, "info", check=False, timeout=15).returncode == 0:
                    return engine
    return ""


def start_container(engine: str, name: str) -> dict:
    image, port = IMAGES[name]
    container, password = f"{NAME}-{name}", secrets.token_hex(12)
    run(engine, "rm", "-f", container, check=False)
    options = {
        "postgresql": ["-e", f"POSTGRES_PASSWORD={password}", "-e", "POSTGRES_USER=msme", "-e", "POSTGRES_DB=msme"],
        "redis": [],
        "elasticsearch": ["-e", "discovery.type=single-node", "-e", "xpack.security.enabled=false", "-e", "ES_JAVA_OPTS=-Xms512m -Xmx512m"],
    }[name]
    run(engine, "run", "-d", "--name", container, "-p", f"127.0.0.1::{port}", *options, image)
    outside = run(engine, "port", container, f"{port}/tcp").stdout.split(":")[-1].strip()
    url = {
        "postgresql": f"postgres://msme:{password}@127.0.0.1:{outside}/msme",
        "redis": f"redis://127.0.0.1:{outside}/0",
        "elasticsearch": f"http://127.0.0.1:{outside}",
    }[name]
    ready = {
        "postgresql": ["pg_isready", "-h", "127.0.0.1", "-U", "msme"],
        "redis": ["redis-cli", "ping"],
        "elasticsearch": ["curl", "-sf", f"http://127.0.0.1:{port}/_cluster/health?wait_for_status=yellow&timeout=1s"],
    }[name]
    wait_for(lambda: run(engine, "exec", container, *ready, check=False).returncode == 0, what=container, seconds=180)
    return {"url": url, "how": "container", "engine": engine, "container": container}


# Where it comes from: Debian's packages


def install_packages(name: str) -> None:
    """Only where apt-get is, and only as root or with a sudo that asks nothing."""
    if not shutil.which("apt-get"):
        raise RuntimeError("no apt-get here; install it by hand")
    sudo: list[str] = []
    if os.getuid() != 0:
        if not shutil.which("sudo") or run("sudo", "-n", "true", check=False).returncode:
            raise RuntimeError(f"not installed: sudo apt-get install {' '.join(PACKAGES[name])}")
        sudo = ["sudo", "-n"]
    say(f"  apt-get install {' '.join(PACKAGES[name])} …")
    install = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES[name]]
    if run(*install, check=False).returncode:  # the list of packages may be old
        run(*sudo, "apt-get", "update", "-q")
        run(*install)


def server_user(*wanted: str) -> str:
    """Whom a server runs as: ourselves, or for root (whom PostgreSQL refuses) the package's user or nobody."""
    if os.getuid() != 0:
        return getpass.getuser()
    for name in (*wanted, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("no user to run a server as")


def as_user(name: str) -> dict:
    if os.getuid() != 0:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def make_home(name: str, user: str) -> Path:
    folder = HOME / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if os.getuid() == 0:
        HOME.chmod(0o755)
        shutil.chown(folder, user)
    return folder


def find_postgres() -> Path | None:
    """The newest installed server's folder of programs."""
    versions = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if versions:
        return max(versions, key=lambda p: float(p.parent.parent.name)).parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def start_postgresql() -> dict:
    if not find_postgres():
        install_packages("postgresql")
    programs = find_postgres()
    if not programs:
        raise RuntimeError("initdb is not there after the installation")
    user = server_user("postgres")
    home, password, port = make_home("postgresql", user), secrets.token_hex(12), free_port()
    word = home / "password"
    word.write_text(password)
    if os.getuid() == 0:
        shutil.chown(word, user)
    options = as_user(user) | {"cwd": home}
    run(
        programs / "initdb",
        "-D",
        home / "data",
        "-U",
        "msme",
        f"--pwfile={word}",
        "--auth=scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        **options,
    )
    word.unlink()
    # Made for one run of the tests: nothing is worth waiting for the disk.
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run(programs / "pg_ctl", "-D", home / "data", "-l", home / "log", "-o", settings, "-w", "start", **options)
    url = f"postgres://msme:{password}@127.0.0.1:{port}/postgres"
    return {
        "url": url,
        "how": "package",
        "stop": [str(programs / "pg_ctl"), "-D", str(home / "data"), "-m", "immediate", "stop"],
        "user": user,
    }


def start_redis() -> dict:
    if not shutil.which("redis-server"):
        install_packages("redis")
    user, port = server_user("redis"), free_port()
    home = make_home("redis", user)
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(home), "--daemonize", "yes"]
    run("redis-server", *arguments, "--pidfile", home / "pid", "--logfile", home / "log", **as_user(user), cwd=home)
    url = f"redis://127.0.0.1:{port}/0"
    wait_for(lambda: listens(url), what="redis")
    return {"url": url, "how": "package", "stop": ["redis-cli", "-p", str(port), "shutdown", "nosave"], "user": user}


def start_elasticsearch() -> dict:
    if not SHARED_ELASTICSEARCH.exists():
        raise RuntimeError("no container engine and no ../shared/elasticsearch")
    port = free_port()
    if port > 65000:  # its second port is 100 higher
        port -= 1000
    settings = {"ES_INSTANCE": NAME, "ES_PORT": str(port), "ES_HEAP": os.environ.get("ES_HEAP", "512m")}
    say("  ../shared/elasticsearch/elasticsearch start (the first time downloads about 900 MB) …")
    run(SHARED_ELASTICSEARCH, "start", env=os.environ | settings)
    return {"url": f"http://127.0.0.1:{port}", "how": "shared", "stop": [str(SHARED_ELASTICSEARCH), "stop", "--wipe"], "env": settings}


def find_chromium() -> str:
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    return MAC_CHROME if Path(MAC_CHROME).exists() else ""


def start_chromium() -> dict:
    """A program and not a server; what tests look at also needs Thai letters."""
    thai_fonts = shutil.which("fc-list") and run("fc-list", ":lang=th", check=False).stdout.strip()
    if not find_chromium() or (sys.platform == "linux" and not thai_fonts):
        try:
            install_packages("chromium")
        except RuntimeError:
            if not find_chromium():
                raise
            say("  Thai fonts are missing: apt-get install fonts-thai-tlwg")
    return {"url": find_chromium(), "how": "package"}


STARTERS: dict[str, Callable[[], dict]] = {
    "postgresql": start_postgresql,
    "redis": start_redis,
    "elasticsearch": start_elasticsearch,
    "chromium": start_chromium,
}


# The commands


def is_alive(name: str, entry: dict) -> bool:
    return Path(entry["url"]).exists() if name == "chromium" else listens(entry["url"])


def read_addresses() -> dict[str, str]:
    """Variable → address of what can be used now, without starting anything."""
    addresses = {VARIABLES[name]: entry["url"] for name, entry in read_state().items() if name in VARIABLES and is_alive(name, entry)}
    if found := find_chromium():
        addresses.setdefault("CHROMIUM", found)
    return addresses | {variable: os.environ[variable] for variable in VARIABLES.values() if os.environ.get(variable)}


def start(names: list[str]) -> None:
    engine: str | None = None
    for name in names:
        if os.environ.get(VARIABLES[name]):
            say(f"✓ {name}: from the environment")
            continue
        state = read_state()
        if name in state and is_alive(name, state[name]):
            say(f"✓ {name}: running already")
            continue
        say(f"• {name} …")
        try:
            if name in IMAGES and engine is None:
                engine = find_engine()
            entry = start_container(engine, name) if name in IMAGES and engine else STARTERS[name]()
        except (RuntimeError, OSError) as error:
            say(f"✗ {name}: {error}")
            continue
        write_state(read_state() | {name: entry})
        say(f"✓ {name}: {entry['how']}")
    if not shutil.which("xgettext"):  # the catalogues' check reads the sources with it
        try:
            install_packages("gettext")
        except RuntimeError as error:
            say(f"✗ gettext: {error}")


def stop(names: list[str]) -> None:
    for name in names:
        state = read_state()
        entry = state.pop(name, None)
        if not entry:
            continue
        if entry["how"] == "container":
            run(entry["engine"], "rm", "-f", "-v", entry["container"], check=False)
        elif entry.get("stop"):
            options = as_user(entry["user"]) if entry.get("user") else {}
            run(*entry["stop"], check=False, env=os.environ | entry.get("env", {}), cwd="/", **options)
        shutil.rmtree(HOME / name, ignore_errors=True)
        with contextlib.suppress(OSError):
            HOME.rmdir()
        write_state(state)
        say(f"✓ {name}: stopped")


def show_status(names: list[str]) -> None:
    state = read_state()
    for name in names:
        if os.environ.get(VARIABLES[name]):
            print(f"{name}: from the environment ({VARIABLES[name]})")
        elif name in state and is_alive(name, state[name]):
            print(f"{name}: running ({state[name]['how']})")
        elif name == "chromium" and find_chromium():
            print(f"{name}: {find_chromium()}")
        else:
            print(f"{name}: not running")


def main(arguments: list[str]) -> int:
    command, names = (arguments or ["help"])[0], arguments[1:] or list(VARIABLES)
    if command not in ("start", "stop", "status", "env") or set(names) - set(VARIABLES):
        say(__doc__)
        return 2
    if command == "status":
        show_status(names)
        return 0
    STATE.parent.mkdir(parents=True, exist_ok=True)
    if command in ("start", "stop"):
        with open(STATE.with_suffix(".lock"), "w") as lock:  # two terminals must not start two sets
            fcntl.flock(lock, fcntl.LOCK_EX)
            (start if command == "start" else stop)(names)
    if command in ("start", "env"):
        for variable, value in read_addresses().items():
            print(f"export {variable}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
