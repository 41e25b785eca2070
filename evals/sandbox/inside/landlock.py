"""Landlock: this process may read Python's own library and nothing else, and write nowhere.

Linux ``include/uapi/linux/landlock.h``; the rights handled depend on the ABI the kernel offers.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from . import seccomp

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
WRITE_FILE, READ_FILE, READ_DIRECTORY = 1 << 1, 1 << 2, 1 << 3
FILE_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many bits the ABI knows
READABLE = (f"{sys.base_prefix}/lib", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
DEVICES = ("/dev/null", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The Landlock ABI of this kernel, 0 where there is none."""
    return max(0, int(_libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def restrict() -> None:
    """Shut the file system for this process and all it will fork. Raises OSError where the kernel cannot."""
    version = abi()
    if version < 1:
        raise OSError("this kernel has no Landlock (Linux 5.13 or newer, with Landlock enabled)")
    rights = (1 << FILE_RIGHTS_BY_ABI.get(version, 16)) - 1
    network = 0b11 if version >= 4 else 0  # bind and connect
    scopes = 0b11 if version >= 6 else 0  # abstract unix sockets, signals
    attributes = struct.pack("=QQQ", rights, network, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _call(CREATE_RULESET, attributes[:size], ctypes.c_size_t(size), 0)
    granted = dict.fromkeys(READABLE, READ_FILE | READ_DIRECTORY) | dict.fromkeys(DEVICES, READ_FILE | WRITE_FILE)
    for path, right in granted.items():
        if os.path.exists(path):
            beneath = os.open(path, os.O_PATH)
            _call(ADD_RULE, ruleset, 1, struct.pack("=Qi", right, beneath), 0)
            os.close(beneath)
    seccomp.set_option(seccomp.PR_SET_NO_NEW_PRIVS, 1)
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock call {number} refused: {os.strerror(ctypes.get_errno())}")
    return result
