"""The parts of the scripts that can be wrong by themselves."""

import os
import socket
import stat
import subprocess
import sys

import polib
import pytest

from scripts.check_messages import find_place_problems, find_problems, key_of
from scripts.environment import ROOT, Stamps, checksum, choose_port, keep_secret, make_environment, read_setting_names
from scripts.messages import compile_messages


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_is_taken_as_asked(taken_port):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert choose_port(free) == free


def test_a_taken_port_gives_a_later_one(taken_port):
    assert taken_port < choose_port(taken_port) < taken_port + 100


def test_no_port_at_all_says_so(taken_port):
    with pytest.raises(OSError, match=f"no free port from {taken_port} on"):
        choose_port(taken_port, tries=1)


def test_secret_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret_key"
    secret = keep_secret(path)
    assert len(secret) >= 50
    assert keep_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_shells_settings_do_not_reach_the_demo(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://real/database")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    environment = make_environment({"DEMO": "1"}, keep=("LOG_LEVEL",))
    assert {name: environment.get(name) for name in ("DATABASE_URL", "LOG_LEVEL", "DEMO")} == {
        "DATABASE_URL": None,
        "LOG_LEVEL": "DEBUG",
        "DEMO": "1",
    }


def test_setting_names_are_read_from_the_source():
    assert {"SECRET_KEY", "DATABASE_URL", "CACHE_URL", "EMAIL_URL", "VAR_DIR"} <= read_setting_names()


def test_checksum_changes_with_contents_and_names(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    first = checksum("a", root=tmp_path)
    (tmp_path / "a" / "one").write_text("2")
    second = checksum("a", root=tmp_path)
    (tmp_path / "a" / "one").rename(tmp_path / "a" / "two")
    assert len({first, second, checksum("a", root=tmp_path)}) == 3


def test_broken_stamps_mean_nothing_is_fresh(tmp_path):
    (tmp_path / "run.json").write_text('{"migrate": ')
    stamps = Stamps(tmp_path / "run.json")
    assert not stamps.is_fresh("migrate", "x")
    stamps.set("migrate", "x")
    assert Stamps(tmp_path / "run.json").is_fresh("migrate", "x")


def test_catalogues_are_compiled_without_gettext(tmp_path):
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "ค้นหา"\nmsgstr "Search"\n')
    assert [compile_messages(tmp_path), compile_messages(tmp_path)] == [1, 0]
    assert [(entry.msgid, entry.msgstr) for entry in polib.mofile(str(folder / "django.mo"))] == [("ค้นหา", "Search")]


@pytest.mark.parametrize(
    ("msgid", "msgstr", "good"),
    [
        ("พบ %(count)s รายการ", "%(count)s found", True),
        ("พบ %(count)s รายการ", "Found some", False),
        ("พบ %s", "Found %(count)s", False),
        ("{name} และ {other}", "{other} and {name}", True),
        ("ลด 50%% วันนี้", "50%% off today", True),
    ],
)
def test_a_translation_names_the_same_places(msgid, msgstr, good):
    assert (list(find_place_problems(polib.POEntry(msgid=msgid, msgstr=msgstr))) == []) is good


def test_every_kind_of_unfinished_message_is_named():
    sources = {key_of(entry): entry for entry in (polib.POEntry(msgid=text) for text in ("ใหม่", "ว่าง", "ร่าง", "ครบ"))}
    catalogue = polib.POFile()
    catalogue.extend(
        [
            polib.POEntry(msgid="ว่าง"),
            polib.POEntry(msgid="ร่าง", msgstr="Draft", flags=["fuzzy"]),
            polib.POEntry(msgid="ครบ", msgstr="Complete"),
            polib.POEntry(msgid="เก่า", msgstr="Old"),
        ]
    )
    assert list(find_problems(sources, catalogue)) == [
        "missing: 'ใหม่'",
        "not translated: 'ว่าง'",
        "fuzzy: 'ร่าง'",
        "no longer in the sources: 'เก่า'",
    ]


def test_services_status_names_each_service_and_changes_nothing():
    environment = os.environ | {"TEST_REDIS_URL": "redis://127.0.0.1:1/0"}
    result = subprocess.run(["scripts/services", "status"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    lines = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    assert list(lines) == ["postgresql", "redis", "elasticsearch", "chromium"]
    assert lines["redis"] == "from the environment (TEST_REDIS_URL)"


def test_services_print_lines_for_eval_and_the_environment_wins():
    script = 'eval "$(scripts/services env)" && echo "$TEST_REDIS_URL"'
    environment = os.environ | {"TEST_REDIS_URL": "redis://127.0.0.1:1/it's 0"}
    result = subprocess.run(["sh", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "redis://127.0.0.1:1/it's 0\n"


def test_services_refuse_an_unknown_name():
    result = subprocess.run(["scripts/services", "start", "oracle"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")


def test_make_alone_lists_every_target():
    # `make test` runs this test below a make of its own, which would say where it enters and leaves.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    result = subprocess.run(["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["help", "run", "test", "check", "bench", "doctor", "fmt", "clean"]


def test_scripts_that_meet_a_stranger_first_parse_on_old_python():
    import ast

    for name in ("venv.py", "doctor.py"):
        ast.parse((ROOT / "scripts" / name).read_text(), feature_version=(3, 7))


def test_doctor_answers_in_both_languages():
    result = subprocess.run([sys.executable, "scripts/doctor.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines()[-1] == "✓ พร้อมสำหรับ make run / ready for make run"
