"""Makes .venv from the hash-pinned requirements, then becomes the given command inside it.

    python3 scripts/venv.py [--dev] [--] [command ...]

Runs on whatever Python a stranger has, so that an old one gets a sentence and not a traceback: no syntax
newer than 3.7 here. Packages are installed only when the requirements have changed since the last time.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = (3, 11, 5)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.json"
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fail(thai: str, english: str) -> None:
    say(f"\n✗ {thai}\n  {english}")
    raise SystemExit(1)


def find_python() -> str:
    """This interpreter when it is new enough, else the newest on PATH that is."""
    if sys.version_info[:3] >= NEEDED:
        return sys.executable
    check = f"import sys; raise SystemExit(sys.version_info[:3] < {NEEDED!r})"
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.call([found, "-c", check], stderr=subprocess.DEVNULL) == 0:
            return found
    needed, here = ".".join(map(str, NEEDED)), sys.version.split()[0]
    fail(
        f"ต้องใช้ Python {needed} ขึ้นไป แต่เครื่องนี้มี {here} กรุณาติดตั้งรุ่นใหม่ แล้วสั่งอีกครั้ง หรือระบุเอง: make run PYTHON=/ที่อยู่/ของ/python3",
        f"Python {needed} or newer is needed, this one is {here}. Install a newer one and run again, or name it: make run PYTHON=/path/to/python3",
    )
    raise AssertionError  # fail() does not return


def checksum(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def read_stamp() -> dict:
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def is_usable() -> bool:
    """False after an interrupted creation, or when the Python below the environment has gone."""
    if not VENV_PYTHON.exists():
        return False
    check = f"import sys; raise SystemExit(sys.version_info[:3] < {NEEDED!r})"
    return subprocess.call([str(VENV_PYTHON), "-c", check], stderr=subprocess.DEVNULL) == 0


def create(uv: "str | None") -> None:
    python = find_python()
    say(f"• .venv: {python}")
    if VENV.exists():
        shutil.rmtree(VENV)
    command = [uv, "venv", "-q", "--python", python, str(VENV)] if uv else [python, "-m", "venv", str(VENV)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        say(result.stdout)
        fail(
            "สร้าง .venv ไม่ได้ บน Debian/Ubuntu ติดตั้งก่อน: sudo apt-get install python3-venv",
            "Cannot make .venv. On Debian/Ubuntu first: sudo apt-get install python3-venv",
        )


def install(uv: "str | None", name: str) -> None:
    """Shows one line for each package that arrives; on failure, the installer's last words."""
    total = sum(1 for line in (ROOT / name).read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    say("• {}: {} packages ({})".format(name, total, "uv" if uv else "pip"))
    if uv:  # its own progress is good
        code = subprocess.call([uv, "pip", "install", "--python", str(VENV_PYTHON), "--require-hashes", "-r", name], cwd=str(ROOT))
    else:
        code = install_with_pip(name, total)
    if code:
        fail(
            "ติดตั้งแพ็กเกจไม่สำเร็จ (ต้องต่ออินเทอร์เน็ตในครั้งแรก) สั่งซ้ำได้เลย",
            "Packages could not be installed (the first time needs the internet). It is safe to run again.",
        )


def install_with_pip(name: str, total: int) -> int:
    if not (VENV / "bin" / "pip").exists():  # an environment made by uv carries no pip
        subprocess.call([str(VENV_PYTHON), "-m", "ensurepip"], stdout=subprocess.DEVNULL)
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    process = subprocess.Popen(
        command + ["--require-hashes", "-r", name], cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    seen, last = 0, []  # type: int, list
    try:
        for line in process.stdout or ():
            last = [*last[-30:], line]
            if line.startswith("Collecting "):
                seen += 1
                say(f"  [{seen}/{total}] {line.split()[1]}")
            elif line.startswith("Installing collected"):
                say("  ติดตั้ง / installing …")
    except KeyboardInterrupt:
        process.terminate()
        raise
    if process.wait():
        say("".join(last))
    return process.returncode


def ensure(*, dev: bool) -> None:
    name = DEVELOPMENT if dev else RUNTIME
    (ROOT / "var").mkdir(exist_ok=True)
    with open(str(ROOT / "var" / "venv.lock"), "w") as lock:  # `make run` and `make test` may start together
        fcntl.flock(lock, fcntl.LOCK_EX)
        usable = is_usable()
        if usable and read_stamp().get(name) == checksum(name):
            return
        uv = shutil.which("uv")
        if not usable:
            create(uv)
        install(uv, name)
        stamp = read_stamp()
        stamp[name] = checksum(name)
        if dev:  # the development list holds the whole runtime list
            stamp[RUNTIME] = checksum(RUNTIME)
        STAMP.write_text(json.dumps(stamp, indent=1) + "\n")


def main() -> None:
    arguments = sys.argv[1:]
    dev = "--dev" in arguments[:1]
    command = [a for i, a in enumerate(arguments) if not (i < 2 and a in ("--dev", "--"))]
    try:
        ensure(dev=dev)
    except KeyboardInterrupt:
        say("\nหยุดแล้ว สั่งใหม่เมื่อไรก็ทำต่อจากเดิม / stopped; run it again at any time")
        raise SystemExit(130) from None
    if command:
        os.environ["PATH"] = str(VENV / "bin") + os.pathsep + os.environ.get("PATH", "")
        os.environ["VIRTUAL_ENV"] = str(VENV)
        os.environ.setdefault("PYTHONUNBUFFERED", "1")
        os.execvp(command[0], command)


if __name__ == "__main__":
    main()
