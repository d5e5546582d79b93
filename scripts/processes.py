"""The processes of Procfile under honcho's manager. scripts/run.py starts this in a session of its own, so that
Ctrl-C reaches one process only and the rest end in order.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

from honcho import environ
from honcho import manager as honcho_manager
from honcho.manager import Manager
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1
honcho_manager.KILL_WAIT = 10  # the worker notices SIGTERM between two looks at the broker, after up to four seconds


class CarefulPrinter(Printer):
    """A closed terminal must not end the manager before it has ended the others."""

    def write(self, message: Message) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().write(message)


class CarefulManager(Manager):
    """honcho's, but a signal in the first instant waits until every process has its number (there honcho raises
    KeyError and leaves them all behind), and the seconds of grace count from the signal.
    """

    stopping = False

    def terminate(self) -> None:
        self.stopping = True
        if self._all_started():
            super().terminate()

    def _any_stopped(self) -> bool:
        return self.stopping or super()._any_stopped()

    def _system_print(self, data: str) -> None:
        if not self.stopping:  # the end is announced by run.py, in two languages
            super()._system_print(data)


def end_with_parent() -> None:
    """Linux: SIGTERM arrives when run.py is killed without a chance to say so."""
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(0)


def main() -> None:
    end_with_parent()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    manager = CarefulManager(CarefulPrinter(sys.stdout, colour=sys.stdout.isatty()))
    commands = environ.parse_procfile((ROOT / "Procfile").read_text()).processes
    for process in environ.expand_processes(commands, port=int(os.environ["PORT"])):
        manager.add_process(process.name, process.cmd, env=os.environ | process.env, cwd=str(ROOT))
    manager.loop()
    raise SystemExit(0 if manager.stopping and manager.returncode == 143 else 1)


if __name__ == "__main__":
    main()
