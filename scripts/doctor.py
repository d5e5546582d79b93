"""`make doctor`: what this machine lacks and how to mend it, in Thai and English. Installs nothing.

Runs on whatever Python there is, like scripts/venv.py, and exits 1 only for what `make run` cannot do without.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # called by its path, so that it also runs on a Python that cannot run the rest

NEEDED = (3, 11, 5)
problems = 0


def report(good: bool, what: str, *, thai: str = "", english: str = "", needed: bool = False) -> None:
    """One line when all is well; otherwise how to mend it, and a count of what cannot be done without."""
    global problems
    print("{} {}".format("✓" if good else ("✗" if needed else "–"), what))
    if not good:
        print(f"    {thai}\n    {english}")
        problems += needed


def version_of(*command: str) -> str:
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip().splitlines()[0] if result.returncode == 0 and result.stdout.strip() else ""


def check_python() -> None:
    newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    report(
        sys.version_info[:3] >= NEEDED or bool(newer),
        "Python {}{}".format(
            sys.version.split()[0], f" ({newer[0]} จะถูกใช้แทน / is used instead)" if sys.version_info[:3] < NEEDED and newer else ""
        ),
        thai="ต้องใช้ Python 3.11.5 ขึ้นไป ติดตั้งจาก python.org หรือ apt-get install python3",
        english="Python 3.11.5 or newer is needed: python.org, or apt-get install python3",
        needed=True,
    )
    has_venv = bool(importlib.util.find_spec("ensurepip") or shutil.which("uv"))  # Debian keeps ensurepip in python3-venv
    report(has_venv, "venv", thai="sudo apt-get install python3-venv", english="sudo apt-get install python3-venv", needed=True)


def check_environment() -> None:
    from scripts import venv

    name = next((n for n in (venv.DEVELOPMENT, venv.RUNTIME) if venv.read_stamp().get(n) == venv.checksum(n)), "")
    report(
        bool(name) and venv.is_usable(),
        f".venv {name}",
        thai="ยังไม่มีหรือยังไม่ล่าสุด make run จะสร้างให้เอง (ครั้งแรกต้องต่ออินเทอร์เน็ต)",
        english="not there or not up to date: make run makes it (the first time needs the internet)",
    )


def check_machine() -> None:
    report(
        bool(shutil.which("git")),
        version_of("git", "--version") or "git",
        thai="sudo apt-get install git",
        english="sudo apt-get install git",
    )
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    report(
        free > 2,
        f"ที่ว่างในดิสก์ / free disk {free:.0f} GB",
        thai="ควรมีที่ว่างอย่างน้อย 2 GB: make clean ลบสิ่งที่สร้างใหม่ได้",
        english="2 GB are wanted: make clean deletes what can be made again",
        needed=True,
    )
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        probe = ROOT / "var" / ".doctor"
        probe.write_text("")
        probe.unlink()
        writable = True
    except OSError:
        writable = False
    report(
        writable, "var/", thai="เขียนโฟลเดอร์ var/ ไม่ได้: ตรวจสิทธิ์ของโฟลเดอร์", english="var/ cannot be written: check who owns it", needed=True
    )


def check_pdf() -> None:
    """Wanted for the PDF of certificates only: without it their page offers printing."""
    from scripts import venv

    report(
        bool(version_of(str(venv.VENV_PYTHON), "-c", "import weasyprint; print(weasyprint.__version__)")),
        "PDF (WeasyPrint, Pango)",
        thai="หน้าประกาศนียบัตรจะให้สั่งพิมพ์แทน: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        english="certificates are printed from their page: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    )


def check_port() -> None:
    from scripts.environment import is_free

    report(
        is_free(8000),
        "พอร์ต / port 8000",
        thai="มีโปรแกรมอื่นใช้อยู่ (หรือระบบนี้เปิดอยู่แล้ว) make run จะเลือกพอร์ตถัดไปให้เอง หรือระบุ: make run PORT=8080",
        english="in use (perhaps by this very site): make run takes the next one, or name it: make run PORT=8080",
    )


def check_services() -> None:
    """Wanted by `make test` and `make check` only."""
    from scripts import services

    print("\nสำหรับ make test / for make test:")
    addresses = services.read_addresses()
    for name, variable in services.VARIABLES.items():
        report(
            variable in addresses,
            name,
            thai=f'ทดสอบได้โดยไม่มี แต่จะข้ามบางข้อ เปิดด้วย: eval "$(scripts/services start {name})"',
            english=f'tests that need it are skipped; start it: eval "$(scripts/services start {name})"',
        )
    report(
        bool(shutil.which("xgettext")),
        "GNU gettext",
        thai="sudo apt-get install gettext (ใช้ใน make check)",
        english="sudo apt-get install gettext (make check reads it)",
    )
    engine = services.find_engine()
    report(
        bool(engine) or services.SHARED_ELASTICSEARCH.exists(),
        "container engine {}/ ../shared/elasticsearch".format(f"({engine}) " if engine else ""),
        thai="ไม่มีทั้งสองอย่าง จึงไม่มี Elasticsearch ให้ทดสอบ: ติดตั้ง docker หรือ podman หรือตั้ง TEST_ELASTICSEARCH_URL",
        english="neither is there, so there is no Elasticsearch to test with: install docker or podman, or set TEST_ELASTICSEARCH_URL",
    )


def main() -> int:
    check_python()
    check_machine()
    if sys.version_info >= (3, 11):
        check_environment()
        check_pdf()
        check_port()
        check_services()
    if problems:
        print(f"\n✗ ต้องแก้ {problems} ข้อก่อน make run / {problems} to mend before make run")
    else:
        print("\n✓ พร้อมสำหรับ make run / ready for make run")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
