"""Thirty hostile programs; some numbers try several ways. What they reach, they print as REACHED.

``@NAMES@`` stand for what is planted on the machine they run on: see ``filled``.
"""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass

from evals.sandbox.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """``verdicts`` are the right ones for it as a whole program; with ``lie`` it is a function that must not score."""

    number: int
    name: str
    source: str
    verdicts: tuple[str, ...]
    lie: bool = False


def filled(source: str, scene: Scene) -> str:
    """The program with the things planted in ``scene`` named in it."""
    known = {
        "SECRET": scene.secret,
        "FOLDER": scene.open_folder,
        "VARIABLE": scene.variable,
        "TCP": scene.tcp.getsockname()[1],
        "UDP": scene.udp.getsockname()[1],
        "UNIX": repr(scene.unix.getsockname()),
        "DATAGRAMS": repr(scene.datagrams.getsockname()),
        "PARENT": os.getpid(),
    }
    for name, value in known.items():
        source = source.replace(f"@{name}@", str(value))
    return source


def tried(statements: str) -> str:
    """A program that tries each line by itself, prints those that were not refused, and then ends with an error."""
    lines = textwrap.dedent(statements).strip().splitlines()
    return (
        f"for line in {lines!r}:\n    try: exec(line, {{}})\n    except BaseException: continue\n"
        "    print('REACHED', line)\nraise SystemExit(1)"
    )


FOLDERS = "['@FOLDER@', '/tmp', '/var/tmp', '/dev/shm', '/run', '.', '/']"
FORGED = """
def f(x):
    class Always(int):
        def __eq__(self, other): return True
        def __hash__(self): return 0
        def __repr__(self): return '42'
    {trick}
    return Always(7)
"""
CALLS = """
libc.ptrace(16, @PARENT@, 0, 0) == 0
libc.ptrace(0, 0, 0, 0) == 0
libc.unshare(0x10000000) == 0
libc.unshare(0x20000) == 0
libc.mount(b'none', b'/', b'tmpfs', 0, None) == 0
libc.setuid(0) == 0
libc.memfd_create(b'x', 0) >= 0
libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0
libc.syscall({process_vm_readv}, @PARENT@, None, 0, None, 0, 0) >= 0
libc.syscall({keyctl}, 0, -3, 1) >= 0
libc.syscall({bpf}, 0, ctypes.create_string_buffer(72), 72) >= 0
libc.syscall({perf}, ctypes.create_string_buffer(112), 0, -1, -1, 0) >= 0
libc.syscall(435, ctypes.create_string_buffer(88), 88) >= 0
libc.syscall(438, 0, 0, 0) >= 0
libc.syscall(424, 0, 0, 0, 0) >= 0
libc.prctl(22, 0, 0, 0, 0) == 0
libc.personality(0x0400000) >= 0
"""
NUMBERS = {
    "x86_64": {"process_vm_readv": 310, "keyctl": 250, "bpf": 321, "perf": 298},
    "aarch64": {"process_vm_readv": 270, "keyctl": 219, "bpf": 280, "perf": 241},
}[os.uname().machine]
SYSTEM_CALLS = "\n".join(
    f"import ctypes; libc = ctypes.CDLL(None); assert {call}" for call in CALLS.format(**NUMBERS).strip().splitlines()
)


def _hostile(number: int, name: str, source: str, verdicts: str, *, lie: bool = False) -> Hostile:
    source = textwrap.dedent(source).strip()
    return Hostile(number=number, name=name, source=source, verdicts=tuple(verdicts.split()), lie=lie)


HOSTILE = (
    _hostile(1, "fork bomb", "import os\nwhile True: os.fork()", "fail"),
    _hostile(1, "fork bomb that takes no for an answer", """
        import os, time
        while True:
            try: os.fork()
            except OSError: pass
    """, "timeout"),
    _hostile(1, "shell", tried("""
        import os; os.system('id') == 0 or exit()
        import subprocess; subprocess.run(['/bin/sh', '-c', 'id'], check=True)
        import os; os.posix_spawn('/bin/sh', ['sh'], {})
        import os; os.execv('/bin/sh', ['sh'])
    """), "fail"),
    _hostile(2, "memory at once", "x = bytearray(2**31)", "memory"),
    _hostile(2, "memory bit by bit", "x = []\nwhile True: x.append(bytearray(2**20))", "memory"),
    _hostile(2, "memory that is mapped", "import mmap\nx = []\nwhile 1: x.append(mmap.mmap(-1, 2**26))", "fail memory"),
    _hostile(3, "busy loop", "while True: pass", "timeout"),
    _hostile(4, "endless call in C, deaf to signals", """
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        sum(iter(lambda: 0, 1))
    """, "timeout"),
    _hostile(5, "sleeps forever", "import time\nwhile True: time.sleep(1000)", "timeout"),
    _hostile(6, "every descriptor", "import os\nwhile True: os.dup(0)", "fail"),
    _hostile(6, "every pipe", "import os\nwhile True: os.pipe()", "fail"),
    _hostile(7, "disk fill", f"""
        for folder in {FOLDERS}:
            for number in range(10000):
                try: open(f'{{folder}}/fill{{number}}', 'wb').write(b'x' * 2**20)
                except OSError: break
                print('REACHED', folder)
        raise SystemExit(1)
    """, "fail"),
    _hostile(8, "a million empty files", f"""
        for folder in {FOLDERS}:
            for number in range(10**6):
                try: open(f'{{folder}}/empty{{number}}', 'x').close()
                except OSError: break
                print('REACHED', folder)
        raise SystemExit(1)
    """, "fail"),
    _hostile(9, "TCP, UDP, unix sockets", tried("""
        import socket; socket.create_connection(('127.0.0.1', @TCP@), 1).send(b'x')
        import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', @UDP@))
        import socket; socket.socket(1, 1).connect(@UNIX@)
        import socket; socket.socketpair(1, 2)[0].sendto(b'x', @DATAGRAMS@)
        import socket; socket.socketpair(1, 2)[0].sendmsg([b'x'], [], 0, @DATAGRAMS@)
        import socket; socket.socketpair(1, 2)[0].connect(@DATAGRAMS@)
        import socket; socket.socketpair(2, 1)
        import urllib.request; urllib.request.urlopen('http://127.0.0.1:@TCP@', timeout=1)
    """), "fail"),
    _hostile(10, "name look-up", tried("""
        import socket; socket.getaddrinfo('example.com', 80)
        import socket; s = socket.socket(2, 2); s.sendto(b'\\0' * 12, ('127.0.0.1', 53))
        import socket; socket.gethostbyname('example.com')
    """), "fail"),
    _hostile(11, "files and other processes' memory", tried("""
        open('@SECRET@').read()
        open('/etc/passwd').read()
        open('/proc/@PARENT@/environ').read()
        open('/proc/1/environ').read()
        open('/proc/self/environ').read()
        open('/proc/@PARENT@/mem', 'rb').read()
        import os; open(f'/proc/{os.getppid()}/mem', 'rb').read()
        import os; assert 'passwd' in os.listdir('/etc')
        import os; os.listdir('/home')
        import os; os.open('@FOLDER@/..', os.O_RDONLY)
    """), "fail"),
    _hostile(12, "variables", tried("""
        import os; os.environ['@VARIABLE@']
        import os; assert [name for name in os.environ if name != 'LC_CTYPE']
        import ctypes; assert ctypes.CDLL(None).getenv(b'@VARIABLE@') != 0
        assert b'@VARIABLE@' in open('/proc/self/environ', 'rb').read()
    """), "fail"),
    _hostile(13, "kills its parent", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "fail"),
    _hostile(13, "kills all", "import os, signal; os.kill(-1, signal.SIGKILL)", "fail"),
    _hostile(13, "stops its parent", "import os, signal; os.kill(os.getppid(), signal.SIGSTOP)", "fail"),
    _hostile(13, "looks for its masters", tried("""
        import glob; [open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline')][0]
        import os; os.kill(@PARENT@, 0)
        import os; [os.kill(n, 0) for n in range(1, 40000) if n != os.getpid()]
        import os, signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)
        import fcntl, os; fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())
        import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_CPU, (0, 0))
        import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
        import os; os.sched_setaffinity(os.getppid(), {0})
    """), "fail"),
    _hostile(14, "writes outside", tried("""
        open('@SECRET@', 'w').write('x')
        open('@FOLDER@/x', 'w').write('x')
        open('/dev/shm/x', 'w').write('x')
        open('/tmp/x', 'w').write('x')
        import os; os.mkdir('@FOLDER@/d')
        import os; os.remove('@SECRET@')
        import os; os.rename('@SECRET@', '@FOLDER@/s')
        import os; os.chmod('@SECRET@', 0)
        import os; os.utime('@SECRET@', (0, 0))
        import os; os.truncate('@SECRET@', 0)
        import os; os.mkfifo('@FOLDER@/pipe')
        import tempfile; tempfile.NamedTemporaryFile()
        import multiprocessing.shared_memory as m; m.SharedMemory(create=True, size=9)
    """), "fail"),
    _hostile(15, "flood of output", "while True: print('x' * 100_000)", "output_limit"),
    _hostile(16, "flood of errors", "import sys\nwhile True: sys.stderr.write('x' * 1000)", "output_limit"),
    _hostile(16, "closed output, then waiting", """
        import os, time
        for number in range(64):
            try: os.close(number)
            except OSError: pass
        while True: time.sleep(1)
    """, "timeout"),
    _hostile(16, "half a letter", "import os; os.write(1, 'ä'.encode()[:1])", "pass"),
    _hostile(16, "flood on the answer channel", "import os\nwhile True: os.write(3, b'x' * 65536)", "output_limit"),
    _hostile(17, "no way back", "import os; print('PASSED', flush=True); os._exit(0)", "crashed"),
    _hostile(18, "leaves with trouble", "raise SystemExit(3)", "fail"),
    _hostile(18, "leaves before its function is called", "import sys\ndef f(x): sys.exit(0)", "pass", lie=True),
    _hostile(18, "an error that cannot be shown", """
        class E(Exception):
            def __str__(self): raise SystemExit(0)
        raise E
    """, "fail"),
    _hostile(19, "equal to everything", FORGED.format(trick="pass"), "pass", lie=True),
    _hostile(19, "forges through frames", FORGED.format(trick="""
    import sys
    frame = sys._getframe()
    while frame:
        for space in (frame.f_globals, frame.f_locals):
            for key in ('encode', 'decode'):
                if key in space: space[key] = lambda value: {'outputs': [42]}
            if 'request' in space: space['request']['inputs'] = []
        frame = frame.f_back"""), "pass", lie=True),
    _hostile(19, "patches builtins and json", FORGED.format(trick="""
    import builtins, json
    builtins.type = builtins.isinstance = lambda *a: True
    builtins.repr = lambda value: '[42]'
    json.dumps = lambda *a, **k: '{"outputs": [{"object": "int"}]}'"""), "pass", lie=True),
    _hostile(19, "writes the answer of another", """
        import os
        def f(x):
            os.write(3, b'{"outputs": [true]}')
            os._exit(0)
    """, "pass", lie=True),
    _hostile(20, "pickle in the result", """
        def f(x):
            class P:
                def __reduce__(self): return (open, ('@FOLDER@/pickled', 'w'))
            import pickle
            return [P(), pickle.dumps(P())]
    """, "pass", lie=True),
    _hostile(21, "deep recursion", "def f(n): return f(n + 1)\nf(0)", "fail"),
    _hostile(21, "recursion without a limit", """
        import sys
        sys.setrecursionlimit(10**9)
        def f(n): return repr([f(n + 1)])
        f(0)
    """, "fail memory crashed timeout"),
    _hostile(21, "deep nesting", "eval('(' * 100_000 + ')' * 100_000)", "fail memory crashed"),
    _hostile(21, "a deeply nested result", """
        def f(x):
            for _ in range(100_000): x = [x]
            return x
    """, "pass", lie=True),
    _hostile(22, "strange text", r"print('\x00\x07\x1b[31m\x1b]0;x\x07\u202e' + 'e' + '\u0301' * 5000)", "pass"),
    _hostile(22, "bytes that are no text", "import os; os.write(1, bytes(range(256)))", "pass"),
    _hostile(22, "half a surrogate", "def f(x): return '\\ud800'", "pass", lie=True),
    _hostile(23, "the kernel's other doors", tried(SYSTEM_CALLS), "fail"),
    _hostile(24, "daemon", """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True: time.sleep(1)
    """, "fail"),
    _hostile(25, "link as a result", tried("""
        import os; os.symlink('@SECRET@', 'result.json')
        import os; os.symlink('@SECRET@', '@FOLDER@/result.json')
        import os; os.link('@SECRET@', '@FOLDER@/result.json')
    """), "fail"),
    _hostile(26, "zip bomb", """
        import zlib
        packer = zlib.compressobj(1)
        piece = bytes(2**20)
        packed = b''.join(packer.compress(piece) for _ in range(600)) + packer.flush()
        zlib.decompress(packed)
    """, "memory timeout"),
    _hostile(26, "a giant number", "import sys; sys.set_int_max_str_digits(0); str(10 ** 10 ** 8)", "timeout memory"),
    _hostile(27, "a thousand threads", """
        import threading, time
        threading.stack_size(32768)
        for _ in range(1000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    """, "fail"),
    _hostile(28, "regular expression", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", "timeout"),
    _hostile(29, "a large library", "import torch", "fail"),
    _hostile(30, "asks for input", "input()", "fail"),
)  # fmt: skip
