"""A container of docker or podman as the sandbox, for those who name an image."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from evals.sandbox.walls import INSIDE, unprivileged_uid, zygote

MEMORY = "2g"  # of all in it; each program's own limit is far below
TASKS = "128"
CLIENT_VARIABLES = (
    "PATH HOME XDG_RUNTIME_DIR DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH"
    " CONTAINER_HOST"
)


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of ``program`` (docker or podman) from an ``image`` that is already here and has Python 3.9 or newer.

    Read-only, without network, capabilities, shared memory or the host's variables; as an unprivileged user. The only
    way on macOS. Nothing is downloaded.
    """

    program: str
    image: str

    @property
    def name(self) -> str:
        return self.program

    def missing(self) -> str | None:
        if not self.image:
            return "not configured (name an image in sandbox.yaml)"
        if shutil.which(self.program) is None:
            return f"{self.program} is not installed"
        return None

    def command(self) -> list[str]:
        user = str(unprivileged_uid())
        return [
            shutil.which(self.program) or self.program,
            *("run", "--rm", "--interactive", "--pull", "never", "--log-driver", "none", "--hostname", "sandbox"),
            *("--network", "none", "--ipc", "none", "--read-only", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "--user", f"{user}:{user}", "--workdir", "/"),
            *("--pids-limit", TASKS, "--ulimit", f"nproc={TASKS}:{TASKS}", "--ulimit", "nofile=1024:1024"),
            *("--memory", MEMORY, "--env", "PYTHONHASHSEED=0"),
            *("--volume", f"{INSIDE}:/sandbox/inside:ro", "--entrypoint", "python3", self.image),
            *zygote("python3", "/sandbox", landlock="if possible")[1:],
        ]

    def environment(self) -> dict[str, str]:
        """What the client needs to find its daemon; none of it enters the container."""
        return {name: os.environ[name] for name in CLIENT_VARIABLES.split() if name in os.environ}
