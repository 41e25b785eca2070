"""Fresh servers without the seconds that imports take: ``python -m tests.browser.nursery`` imports once, then forks.

Every line it is given, PORT and BITBUDGET_HOME, starts a server in a process of its own.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path

from evals.home import ROOT


def warm() -> None:
    """Import what a visit to some page would, and run none of it."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        if path.parent.name != "pages":  # what lies there itself draws a page when it is imported
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name in ("decisions.report.model", "decisions.view", "pandas", "plotly.express", "streamlit.web.cli"):
        import_module(name)
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, "a fork would leave the other threads behind"


def serve(port: str, home: str) -> None:
    """Become the server."""
    from streamlit.web import cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ["BITBUDGET_HOME"] = home
    log = os.open(Path(home) / "server.log", os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    cli.main(["run", "app.py", "--server.port", port, "--server.address", "127.0.0.1"])


def main() -> None:
    warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a server
    for line in sys.stdin:
        port, home = line.split()
        child = os.fork()
        if not child:
            serve(port, home)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
