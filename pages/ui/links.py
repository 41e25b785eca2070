"""Where a number can be read: locators of sources as web addresses."""

from __future__ import annotations

import re

_PLACE = re.compile(
    r"(?P<web>https?://[^\s)\]>\"']+)"
    r"|github:(?P<repo>[\w.-]+/[\w.-]+)(?:\s+(?P<path>[\w./-]+)@(?P<commit>[0-9a-f]{7,40}))?"
    r"|arxiv:\s*(?P<paper>\d{4}\.\d{4,5})",
    re.IGNORECASE,
)


def address(*places: str) -> str:
    """The first web address named in ``places``, "" if none is.

    Understood: a URL, ``github:owner/repo path@commit``, ``arXiv:id``.
    """
    for place in places:
        found = _PLACE.search(place)
        if found is None:
            continue
        if found["web"]:
            return found["web"].rstrip(".,;")
        if found["paper"]:
            return f"https://arxiv.org/abs/{found['paper']}"
        base = f"https://github.com/{found['repo']}"
        return f"{base}/blob/{found['commit']}/{found['path']}" if found["path"] else base
    return ""
