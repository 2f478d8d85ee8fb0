"""Starting a process so that it cannot outlive its owner, and owning what it leaves behind.

Only the standard library is imported: the supervisor starts with this.
"""

import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWUSER = 0x10000000
_LESS_URGENT = 10  # a tenth of what others get: on a machine that is always busy it goes on
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}  # a system call without a function in libc
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_CLASS_IDLE = 3
_NOBODY = 65534
_LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)


def become_subreaper() -> None:
    """Orphans among the descendants become children of this process; survives exec, not fork."""
    _check(_LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def enter_user_namespace() -> None:
    """Show this process and all it starts as `nobody`, with the file access it had as owner.

    Postgres refuses to run when its uid shows as 0. Raises OSError when the machine does not
    allow it; this process is then as it was.
    """
    attempt = os.fork()
    if attempt == 0:  # half a namespace (entered, not mapped) could create no file: try first
        try:
            _enter_user_namespace()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(attempt, 0)[1])
    if code != 0:
        raise OSError(code, os.strerror(code), "unshare")
    _enter_user_namespace()


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    _check(_LIBC.unshare(_CLONE_NEWUSER), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} {gid} 1")


def spawn(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    stdin: int,
    output: int,
    *,
    gently: bool = False,
) -> int:
    """Start a program in a session of its own and return its pid once the program runs.

    It inherits nothing but 0 (`stdin`), 1 and 2 (`output`), and is killed when the caller
    dies. It is the subreaper of its descendants, so that a daemon it starts stays below it
    for as long as it lives. `gently`, all of them stand back for whoever else wants processor
    or disk. Raises OSError, naming the file, when it cannot be started. The caller must be
    single-threaded.
    """
    owner = os.getpid()
    report, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            if gently:
                _yield_to_others()
            _become(argv, env, cwd, (stdin, output, output), owner)
        except OSError as error:
            os.write(tell, f"{error.errno or 0}\n{error.filename or argv[0]}".encode())
        finally:
            os._exit(127)
    os.close(tell)
    with os.fdopen(report, encoding="utf-8", errors="replace") as file:
        failure = file.read()  # ends empty when exec closes the pipe
    if failure:
        os.waitpid(pid, 0)
        number, name = failure.split("\n", 1)
        raise OSError(int(number), os.strerror(int(number)), name)
    return pid


def _yield_to_others() -> None:
    """Children inherit it. Where the disk knows no priorities, that of the processor has to do.

    Linux may share the processor out among sessions first (sched_autogroup_enabled): to others
    than its own, a process is as urgent as its session.
    """
    os.nice(_LESS_URGENT)
    with suppress(OSError):  # a kernel without it, or one that was asked too often just now
        Path("/proc/self/autogroup").write_text(str(_LESS_URGENT))
    number = _IOPRIO_SET.get(os.uname().machine)
    if number is not None:
        _LIBC.syscall(number, _IOPRIO_WHO_PROCESS, 0, _IOPRIO_CLASS_IDLE << 13)


def _become(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    standard: tuple[int, int, int],
    owner: int,
) -> None:
    _check(_LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != owner:  # it died before the signal was asked for
        os._exit(127)
    become_subreaper()
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:  # ignored signals stay so across exec
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for descriptor, source in enumerate(standard):
        os.dup2(source, descriptor)
    os.chdir(cwd)
    try:
        os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606
    except OSError as error:  # it names the last folder of PATH that was tried
        raise OSError(error.errno, error.strerror, argv[0]) from error
