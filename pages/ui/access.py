"""Sign-in and roles on a team's server; on one's own machine everything is allowed and nothing is asked.

Every write goes through ``writing``: the role is checked on the server at that moment, whatever the page showed, and
one line goes to ``audit.jsonl``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section

from decisions.fields import BadInput
from evals.home import home
from pages.ui.roles import Role, Roles, audit, read_roles, team_mode


class NotAllowed(PermissionError):
    """The signed-in user may not do this; the message says who may."""


def me() -> str:
    """The verified address of who is signed in, "" for nobody."""
    user = st.user
    if not user.get("is_logged_in") or user.get("email_verified") is False:
        return ""
    return str(user.get("email") or "")


def role() -> Role:
    """What the user of this session may do now; roles are read afresh each time."""
    if not team_mode():
        return "editor"
    try:
        roles = read_roles(home() / "roles.yaml")
    except BadInput:
        roles = Roles()
    return roles.of(me())


def may_write() -> bool:
    """For disabling buttons; ``writing`` checks again."""
    return role() == "editor"


def look_only(action: str) -> bool:
    """Says, before anything is filled in, that the signed-in user may not do this; True if so."""
    if may_write():
        return False
    st.caption(f":material/lock: You may look but not {action}: ask for a line under editors in roles.yaml.")
    return True


@contextmanager
def writing(action: str, subject: str = "") -> Iterator[None]:
    """Around every write: ``with writing("start a run", plan.name): …``. Raises NotAllowed before anything is done."""
    if not team_mode():
        yield
        return
    who, log = me() or "nobody", home() / "audit.jsonl"
    if role() != "editor":
        audit(log, who=who, action=action, subject=subject, outcome="refused")
        raise NotAllowed(f"{who} may look but not {action}; ask for a line under editors in roles.yaml")
    try:
        yield
    except BaseException:
        audit(log, who=who, action=action, subject=subject, outcome="failed")
        raise
    audit(log, who=who, action=action, subject=subject, outcome="done")


def write_button(label: str, action: str, subject: str, write: Callable[[], object], **widget: Any) -> bool:
    """A button that writes; True once that is done. Who may not write sees it disabled, and is refused all the same."""
    if not st.button(label, disabled=not may_write(), **widget):
        return False
    try:
        with writing(action, subject):
            write()
    except NotAllowed as error:
        st.error(str(error), icon=":material/lock:")
        return False
    return True


def door() -> None:
    """Team mode: a sign-in line on top; a stranger sees nothing else."""
    if not team_mode():
        return
    if not get_secrets_auth_section():
        st.error(
            "This is a team's server (BITBUDGET_TEAM) without sign-in: add an [auth] section to "
            ".streamlit/secrets.toml, as docs/team.md shows.",
            icon=":material/lock:",
        )
        st.stop()
    if not me():
        st.markdown("## Sign in to see this team's decisions")
        st.button("Sign in", on_click=st.login, icon=":material/login:", type="primary")
        st.stop()
    if role() == "stranger":
        told = f"{me()} is not on this server's list; ask its owner for a line in roles.yaml."
        st.error(told, icon=":material/lock:")
        st.button("Sign out", on_click=st.logout, icon=":material/logout:")
        st.stop()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        st.caption(f"{me().replace('@', ' at ')} · {'may change things' if may_write() else 'may look'}")
        st.button("Sign out", on_click=st.logout, icon=":material/logout:", type="tertiary")
