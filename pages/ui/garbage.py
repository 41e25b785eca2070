"""What stays for the life of the server is not searched for garbage after every click.

Streamlit collects garbage after each run of a page, and that takes as long as there are objects: a tenth of a second
for the libraries and tables alone. They are set aside (``gc.freeze``); what one click or one visitor makes is still
collected at once. What grew since is set aside in its turn, and then all is searched, so that nothing is kept for good.
"""

from __future__ import annotations

import gc

GROWN = 40_000  # objects; searching them takes about 20 ms
_set_aside = 0


def set_aside() -> None:
    """Call at the start of a page: does its work only where much has stayed since it last did."""
    global _set_aside
    if len(gc.get_objects(generation=2)) > max(GROWN, _set_aside // 4):
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        _set_aside = gc.get_freeze_count()
