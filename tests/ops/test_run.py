"""`make run`'s process tree: a copy of the scripts with three small programs in place of ours, ended in every way."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from scripts.environment import ROOT, choose_port

PROCFILE = """\
web: exec python3 web.py
worker: sleep 1000; true
clock: exec sleep 1001
"""
STUBBORN = "trap '' TERM; while true; do sleep 1000; done"  # will not go when asked, and has a child
WEB = """\
import http.server, os
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
MANAGE = """\
import os, sys, time
if "--print-sign-ins" in sys.argv:
    print("  editor@example")
    raise SystemExit
print("doing", sys.argv[1])
var = os.environ["VAR_DIR"]
with open(f"{var}/calls", "a") as file:
    file.write(sys.argv[1] + " " + os.environ["DATABASE_URL"] + "\\n")
if sys.argv[1] == "migrate":
    open(f"{var}/demo.sqlite3", "a").close()
if sys.argv[1] == "collectstatic":
    os.makedirs(f"{var}/static", exist_ok=True)
    open(f"{var}/static/staticfiles.json", "w").close()
if sys.argv[1] == "rebuild_index":
    os.makedirs(f"{var}/index", exist_ok=True)
time.sleep(float(os.environ.get("STEP_SECONDS", "0")))
"""


@pytest.fixture
def tree(tmp_path) -> Path:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.py").write_text('env.str("DATABASE_URL")\n')
    for name, text in {"Procfile": PROCFILE, "web.py": WEB, "manage.py": MANAGE, "requirements.txt": ""}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def start(tree: Path, *, port: int, **more: str) -> subprocess.Popen:
    environment = (
        os.environ | {"PORT": str(port), "VAR_DIR": str(tree / "var"), "DATABASE_URL": "postgres://real", "PYTHONUNBUFFERED": "1"} | more
    )
    with open(tree / "log", "w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.run"], cwd=tree, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def wait_until_open(tree: Path) -> str:
    """The address, once it has been printed."""
    return wait_for(tree, r"open  (http://127\.0\.0\.1:\d+)/")


def wait_for(tree: Path, pattern: str) -> str:
    for _ in range(300):
        if found := re.search(pattern, (tree / "log").read_text()):
            return found[found.re.groups]
        time.sleep(0.1)
    raise AssertionError((tree / "log").read_text())


def processes_of(tree: Path) -> list[str]:
    """Every process that works in the tree, in whatever session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").resolve() == tree and "Z" not in (entry / "stat").read_text().rpartition(")")[2].split()[0]:
                found.append((entry / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.fixture
def port() -> int:
    return choose_port(18000 + os.getpid() % 1000)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_ending_leaves_no_process(tree, port, ending):
    if ending == signal.SIGINT:
        (tree / "Procfile").write_text(PROCFILE.replace("sleep 1000; true", STUBBORN))
    run = start(tree, port=port)
    url = wait_until_open(tree)
    assert urllib.request.urlopen(url).status == 200
    assert len(processes_of(tree)) > 4
    os.killpg(run.pid, ending)
    assert run.wait(25) == 0
    assert processes_of(tree) == []
    assert "Traceback" not in (tree / "log").read_text()


def test_ctrl_c_twice_is_as_good_as_once(tree, port):
    run = start(tree, port=port)
    wait_until_open(tree)
    for _ in range(2):
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.2)
    assert run.wait(25) == 0
    assert processes_of(tree) == []


def test_ctrl_c_during_a_step_ends_the_step(tree, port):
    run = start(tree, port=port, STEP_SECONDS="60")
    wait_for(tree, "doing migrate")
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(10) == 0
    assert processes_of(tree) == []
    assert "Traceback" not in (tree / "log").read_text()


def test_ctrl_c_in_the_first_instant_of_the_processes(tree, port):
    run = start(tree, port=port)
    wait_for(tree, "sign-ins")
    time.sleep(0.15)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(25) == 0
    assert processes_of(tree) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal")
def test_kill_9_leaves_no_process(tree, port):
    run = start(tree, port=port)
    wait_until_open(tree)
    run.kill()
    run.wait()
    for _ in range(100):
        if not processes_of(tree):
            break
        time.sleep(0.1)
    assert processes_of(tree) == []


def test_second_start_skips_what_is_done_and_survives_leftovers(tree, port):
    for _ in range(2):
        run = start(tree, port=port)
        wait_until_open(tree)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(25) == 0
        (tree / "var" / "broker" / "queue" / "half.msg").write_text("{")
    database = f"sqlite:///{tree}/var/demo.sqlite3"  # and not the one that the shell had exported
    assert (tree / "var" / "calls").read_text().splitlines() == [
        f"{step} {database}" for step in ("migrate", "collectstatic", "load_demo", "rebuild_index")
    ]


def test_a_lost_database_is_filled_again(tree, port):
    for expected in (4, 7):
        run = start(tree, port=port)
        wait_until_open(tree)
        os.killpg(run.pid, signal.SIGINT)
        run.wait(15)
        assert len((tree / "var" / "calls").read_text().splitlines()) == expected
        (tree / "var" / "demo.sqlite3").unlink()


def test_two_at_a_time_are_refused_and_ports_are_shared_out(tree, port, tmp_path_factory):
    run = start(tree, port=port)
    url = wait_until_open(tree)
    command = [sys.executable, "-m", "scripts.run"]
    second = subprocess.run(
        command, cwd=tree, env=os.environ | {"VAR_DIR": str(tree / "var")}, capture_output=True, text=True, timeout=20, check=False
    )
    assert second.returncode == 1
    assert url in second.stdout
    other = tmp_path_factory.mktemp("other") / "tree"
    shutil.copytree(tree, other, ignore=shutil.ignore_patterns("var", "log"))
    neighbour = start(other, port=port)
    assert wait_until_open(other) != url
    for process in (neighbour, run):
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 0
    assert processes_of(tree) + processes_of(other) == []


def test_one_process_that_falls_ends_all_and_says_so(tree, port):
    (tree / "Procfile").write_text(PROCFILE.replace("exec sleep 1001", "sleep 1; exit 3"))
    run = start(tree, port=port)
    assert run.wait(30) == 1
    assert processes_of(tree) == []
    assert "make doctor" in (tree / "log").read_text()
