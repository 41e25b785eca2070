"""The system calls a program may make: compute, read files, end. No process, no signal to others.

Of sockets only a pair joined to itself, as ``asyncio`` makes one to wake itself up: it can name no other address.

Everything not listed fails with EPERM. Numbers: Linux ``unistd_64.h`` (x86_64) and the generic table (aarch64).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from functools import cache

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name x86_64 aarch64; "-" where the architecture has no such call
ALLOWED = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, lseek 8 62, close 3 57, open 2 -, openat 257 56,
access 21 -, faccessat 269 48, faccessat2 439 439, stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291,
getdents64 217 61, readlink 89 -, readlinkat 267 78, getcwd 79 17, dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -,
pipe2 293 59, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create1 291 20, epoll_ctl 233 21,
epoll_pwait 281 22, epoll_wait 232 -, eventfd2 290 19, mmap 9 222, munmap 11 215, mremap 25 216, mprotect 10 226,
brk 12 214, madvise 28 233, futex 202 98, set_robust_list 273 99, rseq 334 293, membarrier 324 283, sched_yield 24 124,
sched_getaffinity 204 123, set_tid_address 218 96, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139,
rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, restart_syscall 219 128,
pause 34 -, alarm 37 -, setitimer 38 103, getitimer 36 102, clock_gettime 228 113, clock_getres 229 114,
clock_nanosleep 230 115, nanosleep 35 101, gettimeofday 96 169, time 201 -, times 100 153, getrusage 98 165,
getrandom 318 278, getpid 39 172, getppid 110 173, gettid 186 178, getuid 102 174, geteuid 107 175, getgid 104 176,
getegid 108 177, getgroups 115 158, getpgrp 111 -, getpgid 121 155, getsid 124 156, uname 63 160, sysinfo 99 179,
umask 95 166, arch_prctl 158 -, exit 60 93, exit_group 231 94, wait4 61 260, getrlimit 97 163, getcpu 309 168,
recvfrom 45 207, shutdown 48 210
"""
CLONE, CLONE3, FCNTL, KILL, TGKILL, PRLIMIT64 = (56, 220), (435, 435), (72, 25), (62, 129), (234, 131), (302, 261)
# duplicate, get and set flags; not F_SETOWN or F_SETSIG, which can send any signal to another process
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)
CLONE_THREAD, CLONE_NEW_NAMESPACES = 0x10000, 0x7E020080
SOCKETPAIR, SENDTO, IOCTL = (53, 199), (44, 206), (16, 29)
AF_UNIX = 1
FIONBIO, FIONCLEX, FIOCLEX = 0x5421, 0x5450, 0x5451  # blocking or not, closed on exec or not

LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE, UNKNOWN, KILL_PROCESS = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT, FIFTH_ARGUMENT = 0, 4, 16, 24, 48


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def filter_for(pid: int, machine: str) -> bytes:
    """The BPF program for the process ``pid``: its calls are allowed, limited to itself, or refused.

    Raises KeyError for a machine other than x86_64 and aarch64.
    """
    column = list(AUDIT_ARCH).index(machine)
    steps = [_same_for_all(machine)]
    threads_only = [
        _step(LOAD, FIRST_ARGUMENT),
        _step(ANY_BIT, CLONE_NEW_NAMESPACES, 0, 1),
        _step(RETURN, REFUSE),
        _step(ANY_BIT, CLONE_THREAD, 0, 1),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE),
    ]
    to_its_peer = [
        _step(LOAD, FIFTH_ARGUMENT),
        _step(EQUAL, 0, 0, 3),
        _step(LOAD, FIFTH_ARGUMENT + 4),
        _step(EQUAL, 0, 0, 1),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE),
    ]
    to_itself = list(_if_argument(FIRST_ARGUMENT, (pid,)))
    for numbers, body in (
        (CLONE, threads_only),
        (CLONE3, [_step(RETURN, UNKNOWN)]),  # its flags lie in memory a filter cannot read; libc falls back to clone
        (KILL, to_itself),
        (TGKILL, to_itself),
        (PRLIMIT64, list(_if_argument(FIRST_ARGUMENT, (0, pid)))),
        (FCNTL, list(_if_argument(SECOND_ARGUMENT, FCNTL_COMMANDS))),
        (IOCTL, list(_if_argument(SECOND_ARGUMENT, (FIONBIO, FIONCLEX, FIOCLEX)))),
        (SOCKETPAIR, list(_if_argument(FIRST_ARGUMENT, (AF_UNIX,)))),
        (SENDTO, to_its_peer),
    ):
        steps += [_step(EQUAL, numbers[column], 0, len(body)), *body]
    steps.append(_step(RETURN, REFUSE))
    return b"".join(steps)


@cache
def _same_for_all(machine: str) -> bytes:
    """The start of every filter, made once and inherited by every fork: right architecture, allowed calls."""
    column = list(AUDIT_ARCH).index(machine)
    steps = [_step(LOAD, ARCHITECTURE), _step(EQUAL, AUDIT_ARCH[machine], 1, 0), _step(RETURN, KILL_PROCESS)]
    steps.append(_step(LOAD, NUMBER))
    for entry in ALLOWED.split(","):
        number = entry.split()[1 + column]
        if number != "-":
            steps += [_step(EQUAL, int(number), 0, 1), _step(RETURN, ALLOW)]
    return b"".join(steps)


def install() -> None:
    """Bind this process to its filter, for good. Raises OSError when the kernel refuses."""
    steps = filter_for(os.getpid(), os.uname().machine)
    program = _Program(len(steps) // 8, steps)
    set_option(PR_SET_NO_NEW_PRIVS, 1)
    set_option(PR_SET_SECCOMP, 2, ctypes.byref(program))


def set_option(option: int, value: int, pointer: object = None) -> None:
    """``prctl(2)``. Raises OSError."""
    if _libc.prctl(option, ctypes.c_ulong(value), pointer, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} refused: {os.strerror(ctypes.get_errno())}")


def _step(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant)


def _if_argument(offset: int, accepted: tuple[int, ...]) -> Iterator[bytes]:
    yield _step(LOAD, offset)
    for value in accepted:
        yield from (_step(EQUAL, value, 0, 1), _step(RETURN, ALLOW))
    yield _step(RETURN, REFUSE)
