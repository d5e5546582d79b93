"""`make run`: the whole site with its demo content on this machine, in one terminal, until Ctrl-C.

Everything is safe to repeat. A step whose sources have not changed since it last succeeded is skipped, so a second
start takes seconds and keeps what people wrote.
"""

import contextlib
import fcntl
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scripts.environment import ROOMS, ROOT, STATIC_SOURCES, Stamps, checksum, choose_port, keep_secret, make_environment, var_dir
from scripts.messages import compile_messages

FIRST_PORT = 8000
READY_SECONDS = 180
STOP_SECONDS = 15  # the manager itself kills what is left after ten


class Stopped(BaseException):
    """A person or the system asked us to end."""


class Failed(Exception):
    """A step did not succeed; what it printed has been shown."""


def say(text: str = "") -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(text, flush=True)


def listen_for_the_end() -> None:
    """The first signal starts an orderly end, the next ones find it under way."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, frame: object) -> None:
        for name in signals:
            signal.signal(name, signal.SIG_IGN)
        raise Stopped

    for name in signals:
        signal.signal(name, stop)


@contextlib.contextmanager
def only_one(var: Path) -> Iterator[IO[str]]:
    """Holds the lock for as long as we run; a second start says where the first one is and leaves."""
    lock = open(var / "run.lock", "a+")  # noqa: SIM115 (closed below, by the lock's end)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            where = lock.read().strip() or "กำลังเริ่มอยู่ / still starting"
            say(f"\nระบบเปิดอยู่แล้ว: {where}\nIt is running already: {where}")
            raise SystemExit(1) from None
        lock.truncate(0)
        yield lock
    finally:
        lock.close()


def choose_address(wanted: int) -> int:
    port = choose_port(wanted)
    if port != wanted:
        say(f"พอร์ต {wanted} มีโปรแกรมอื่นใช้อยู่ จึงใช้พอร์ต {port} / port {wanted} is taken, {port} is used instead")
    return port


def demo_environment(var: Path, port: int) -> dict[str, str]:
    values = {
        "DEMO": "1",
        "VAR_DIR": str(var),
        "SECRET_KEY": keep_secret(var / "secret_key"),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "CELERY_BROKER_URL": "filesystem://localhost//",  # the host has no meaning; without one kombu warns at each start
        "DATABASE_URL": f"sqlite:///{var / 'demo.sqlite3'}",
        "PORT": str(port),
        "BROKER_TMP": str(var / "broker" / "tmp"),
        "PYTHONUNBUFFERED": "1",
    }
    return make_environment(values, keep=("LOG_LEVEL",))


def run_step(thai: str, english: str, *arguments: str, environment: dict[str, str], show: bool = True) -> str:
    """One management command; its lines are shown as they come (of a flood one each second), and silence longer
    than 5 s is counted aloud.
    """
    say(f"• {thai} / {english}")
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C reaches us alone; a traceback of every child would only frighten
    )
    lines: queue.Queue[str | None] = queue.Queue()
    output: list[str] = []
    shown = 0.0

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                line = lines.get(timeout=5)
            except queue.Empty:
                say(f"    … {time.monotonic() - started:.0f} s")
                continue
            if line is None:
                break
            output.append(line)
            if show and line.strip() and (arguments[0] != "migrate" or time.monotonic() - shown > 1):
                say(f"    {line}")
                shown = time.monotonic()
        if process.wait():
            if not show or arguments[0] == "migrate":
                say("\n".join(f"    {line}" for line in output[-20:]))
            raise Failed(f"manage.py {arguments[0]}")
    finally:
        if process.poll() is None:
            end_group(process, seconds=5)
    return "\n".join(output)


def end_group(process: subprocess.Popen, *, seconds: float) -> None:
    """SIGTERM to the process, and SIGKILL to its whole session if it takes longer than that."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def prepare(var: Path, environment: dict[str, str]) -> str:
    """Brings database, files, content and index up to date. Returns the sign-ins to show."""
    stamps = Stamps(var / "run.json")
    if not (var / "demo.sqlite3").exists():
        stamps.forget("migrate", "demo", "index", "sign-ins")
        for rest in ("-wal", "-shm"):  # of a deleted database; SQLite would play them into the new one
            (var / f"demo.sqlite3{rest}").unlink(missing_ok=True)
    if not (var / "index").is_dir():
        stamps.forget("index")
    if not (var / "static" / "staticfiles.json").exists():
        stamps.forget("static")
    if not (var / "sign-ins.txt").exists():
        stamps.forget("sign-ins")

    requirements = checksum("requirements.txt", "config/settings.py")
    code = checksum(*(f"{room}/**/*" for room in ROOMS))
    steps = [
        (
            "migrate",
            checksum(*(f"{room}/migrations/*.py" for room in ROOMS)) + requirements,
            "ฐานข้อมูล",
            "database",
            ["migrate", "--noinput"],
        ),
        ("static", checksum(*STATIC_SOURCES) + requirements, "ไฟล์หน้าเว็บ", "style sheets and pictures", ["collectstatic", "--noinput"]),
        ("demo", code, "เนื้อหาตัวอย่าง", "demo content", ["load_demo"]),
        ("index", code, "ดัชนีค้นหา", "search index", ["rebuild_index"]),
    ]
    compile_messages()
    for name, state, thai, english, arguments in steps:
        if not stamps.is_fresh(name, state):
            run_step(thai, english, *arguments, environment=environment)
            stamps.set(name, state)
    if not stamps.is_fresh("sign-ins", code + environment["SITE_URL"]):
        text = run_step("รายชื่อผู้ใช้ตัวอย่าง", "sign-ins", "load_demo", "--print-sign-ins", environment=environment, show=False)
        (var / "sign-ins.txt").write_text(text + "\n")
        stamps.set("sign-ins", code + environment["SITE_URL"])
    return (var / "sign-ins.txt").read_text()


def clear_broker(var: Path) -> None:
    """Messages of the last run are dropped: rows are the truth, the clock sweeps what is due, and a message that
    was cut short by a power failure would stop the worker.
    """
    shutil.rmtree(var / "broker", ignore_errors=True)
    for folder in ("queue", "control", "tmp"):  # the worker's TMPDIR is on the broker's file system: taking a message is a rename
        (var / "broker" / folder).mkdir(parents=True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.status == 200
    except urllib.error.HTTPError as error:
        raise Failed(f"{url} → {error.code}") from error
    except OSError:
        return False


def serve(environment: dict[str, str], sign_ins: str) -> None:
    """Starts the three processes, shows where they are, and waits for them or for the end."""
    url = environment["SITE_URL"]
    manager = subprocess.Popen(
        [sys.executable, "-m", "scripts.processes"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"{url}/"):
            if manager.poll() is not None or time.monotonic() > deadline:
                raise Failed("web, worker, clock")
            time.sleep(0.2)
        say(f"\n{'─' * 72}\n  เปิดแล้วที่ / open  {url}/\n{'─' * 72}\n{sign_ins.rstrip()}\n\n  หยุด: กด Ctrl-C / stop: press Ctrl-C\n")
        manager.wait()
        raise Failed("web, worker, clock")
    finally:
        if manager.poll() is None:
            say("\nกำลังหยุด / stopping …")
            end_group(manager, seconds=STOP_SECONDS)


def main() -> int:
    listen_for_the_end()
    var = var_dir()
    var.mkdir(parents=True, exist_ok=True)
    try:
        with only_one(var) as lock:
            port = choose_address(int(os.environ.get("PORT") or FIRST_PORT))
            environment = demo_environment(var, port)
            sign_ins = prepare(var, environment)
            clear_broker(var)
            print(f"{environment['SITE_URL']}/ (pid {os.getpid()})", file=lock, flush=True)
            serve(environment, sign_ins)
    except Stopped:
        say("หยุดแล้ว ข้อมูลยังอยู่ครบ สั่ง make run เพื่อเปิดอีกครั้ง / stopped; everything is kept, make run starts it again")
        return 0
    except Failed as failure:
        say(f"\n✗ ไม่สำเร็จ: {failure}  ดูข้อความข้างบน แล้วลอง make doctor\n  Failed: {failure}. See the lines above, and try make doctor.")
    except (OSError, ValueError) as error:
        say(f"\n✗ {error}\n  ลอง make doctor / try make doctor")
    return 1


if __name__ == "__main__":
    sys.exit(main())
