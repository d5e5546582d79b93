"""`make test`: the whole suite on SQLite, then, where PostgreSQL is at hand, all of it but the browser on PostgreSQL.

Arguments go to pytest, and then only the first lane runs: `make test ARGS="tests/kb -n 0"`.
"""

import os
import subprocess
import sys

from scripts.environment import ROOT
from scripts.services import read_addresses

# What no database can change: browser tests, and the tests of the scripts.
POSTGRES_LANE = ["tests", "-m", "not browser", "--ignore=tests/browser", "--ignore=tests/ops", "--ignore=tests/bench"]


def run_lane(title: str, arguments: list[str], environment: dict[str, str]) -> bool:
    print(f"\n{'═' * 72}\n  {title}\n{'═' * 72}", flush=True)
    processes = [] if any(a.startswith(("-n", "--numprocesses")) for a in arguments) else ["-n", "2"]
    command = [sys.executable, "-m", "pytest", *processes, *arguments]
    return subprocess.call(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL) == 0


def main(arguments: list[str]) -> int:
    environment = os.environ | read_addresses()
    environment.pop("DATABASE_URL", None)
    if arguments:
        return 0 if run_lane("SQLite", arguments, environment) else 1
    address = environment.get("TEST_POSTGRES_URL")
    results = {"SQLite": run_lane("1/2  SQLite", ["tests"], environment)}
    if address:
        results["PostgreSQL"] = run_lane("2/2  PostgreSQL", POSTGRES_LANE, environment | {"DATABASE_URL": address})
    elif environment.get("CI") == "true":
        print("\n✗ 2/2  PostgreSQL: TEST_POSTGRES_URL is not set", flush=True)
        results["PostgreSQL"] = False
    else:
        print('\n!!! 2/2  PostgreSQL NOT RUN: eval "$(scripts/services start)" && make test', flush=True)
    print("\n" + "   ".join(f"{'✓' if passed else '✗'} {name}" for name, passed in results.items()), flush=True)
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
