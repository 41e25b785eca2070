"""Your model or endpoint: added here, looked at before anything is loaded, then among the models to measure."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evals.endpoints.book import LOCAL_URLS, SELLERS, endpoints, remove, save
from evals.endpoints.entry import Endpoint
from evals.endpoints.findings import Findings
from evals.models import model
from evals.preflight import Preflight, gb, preflight
from evals.quantizations import QUANTIZATIONS
from evals.shelf import remember, remembered
from pages.ui.access import NotAllowed, may_write, writing
from pages.ui.wording import md

OTHER = "another server"


def own_models() -> list[str]:
    """Names of one's own models and endpoints, for choosing what to measure."""
    try:
        served = [one.model_name for one in endpoints().values()]
    except ValueError:  # the section below says what is wrong
        served = []
    return [*remembered(), *served]


def your_models() -> None:
    """The section on the Run page."""
    st.secrets.load_if_toml_exists()  # its keys become environment variables, which workers inherit
    with st.expander("Your model or endpoint", icon=":material/hub:"):
        by_name, behind = st.tabs(["A model by name or path", "A server with an API"])
        with by_name:
            _by_name()
        with behind:
            _behind()


def _by_name() -> None:
    left, right = st.columns([3, 2])
    name = left.text_input(
        "Model",
        key="own_model",
        placeholder="org/name or org/name@revision, a folder, a .gguf file",
        help="A Hugging Face id, or a path on the machine that runs this app.",
    )
    labels = list(QUANTIZATIONS)
    label = right.selectbox("Quantization", labels, index=labels.index("bf16"), key="own_label")
    if not name.strip():
        st.caption("What it needs and what speaks against it is said here before anything is downloaded or loaded.")
        return
    try:
        found = preflight(name.strip(), str(label))
    except ValueError as error:
        st.error(md(str(error)), icon=":material/error:")
        return
    _show_preflight(found)
    if found.ok and found.cached and st.button("Add to the models", disabled=not may_write(), key="own_add"):
        try:
            with writing("add a model", found.model):
                remember(model(found.model).name)
        except (NotAllowed, ValueError) as error:
            st.error(md(str(error)), icon=":material/error:")
            return
        st.rerun()


def _show_preflight(found: Preflight) -> None:
    where = {"cuda": "the GPU", "cpu": "the processor"}[found.device]
    with st.container(horizontal=True):
        st.metric("Memory needed", gb(found.memory_needed_bytes), border=True)
        st.metric("Memory free", gb(found.memory_free_bytes), border=True)
        if found.disk_needed_bytes:
            st.metric("To download", gb(found.disk_needed_bytes), border=True)
    place = f"commit {found.commit[:12]}" if found.commit else found.source
    st.caption(f"{place} · computes in {found.dtype} on {where} · {'here already' if found.cached else 'not here yet'}")
    for why in found.refusals:
        st.error(md(why), icon=":material/block:")
    if found.ok and not found.cached:
        st.info("Nothing speaks against it. Download it with:", icon=":material/download:")
        st.code(f"python -m evals preflight {found.model} --quantization {found.quantization} --fetch", language=None)


def _behind() -> None:
    try:
        every = endpoints()
    except ValueError as error:
        st.error(md(str(error)), icon=":material/error:")
        return
    if every:
        _table(every)
    server = st.selectbox(
        "Add one of",
        [*LOCAL_URLS, *SELLERS, OTHER],
        key="endpoint_server",
        help="Any server with an OpenAI-compatible API; this fills in the usual address.",
        width=260,
    )
    with st.form("add_endpoint", border=False):
        top = st.columns(2)
        name = top[0].text_input("Name here", placeholder="our-vllm")
        model_name = top[1].text_input("Model there", placeholder="as the server lists it")
        middle = st.columns(3)
        url = middle[0].text_input("Address", placeholder=_usual_url(server), help="Empty: the server's usual one.")
        key_env = middle[1].text_input(
            "Variable with the key",
            placeholder=_usual_key(server) or "none",
            help="The name of an environment variable, or of a line in .streamlit/secrets.toml. Never the key itself.",
        )
        at_once = middle[2].number_input("Requests at once", 1, 64, 4)
        bottom = st.columns(3)
        prompt_price = bottom[0].number_input("$ per million prompt tokens", 0.0, 10_000.0, None, format="%.4g")
        output_price = bottom[1].number_input("$ per million output tokens", 0.0, 10_000.0, None, format="%.4g")
        cap = bottom[2].number_input("Stop a run at $", 0.01, None, None, help="Needs both prices.", format="%.4g")
        go = st.form_submit_button("Check and keep", icon=":material/network_check:", disabled=not may_write())
    if not go:
        return
    try:
        given = Endpoint(
            name=name.strip(),
            base_url=url.strip() or _usual_url(server),
            model=model_name.strip(),
            key_env=key_env.strip() or _usual_key(server),
            concurrency=int(at_once),
            usd_per_mtok_prompt=prompt_price,
            usd_per_mtok_output=output_price,
            max_usd_per_run=cap,
            seller=server if server in SELLERS else "",
        )
        with writing("add an endpoint", given.name), st.spinner("Asking it a few tiny requests"):
            found = _checked(given)
    except (NotAllowed, ValueError) as error:
        st.error(md(str(error)), icon=":material/error:")
        return
    _show_findings(found)


def _checked(given: Endpoint) -> Findings:
    from evals.engines.endpoint_check import check

    found = check(given)
    if found.works:
        save(found.endpoint)
    return found


def _usual_url(server: str) -> str:
    return SELLERS[server][0] if server in SELLERS else LOCAL_URLS.get(server, "https://…/v1")


def _usual_key(server: str) -> str:
    return SELLERS[server][1] if server in SELLERS else ""


def _table(every: dict[str, Endpoint]) -> None:
    rows = [
        {
            "Name": one.model_name,
            "Model there": one.model,
            "Address": one.base_url,
            "Asked over": one.kind,
            "Multiple choice": {"likelihood": "log-likelihood", "generative": "generative form"}[one.multiple_choice],
            "Key in": one.key_env or "none",
        }
        for one in every.values()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Endpoint", list(every), key="endpoint_chosen", width=260)
        again = st.button("Check again", disabled=not may_write(), icon=":material/refresh:")
        gone = st.button("Remove", disabled=not may_write(), icon=":material/delete:", help="Its results stay.")
    try:
        if again:
            with writing("check an endpoint", name), st.spinner("Asking it a few tiny requests"):
                _show_findings(_checked(every[name]))
        if gone:
            with writing("remove an endpoint", name):
                remove(name)
            st.rerun()
    except (NotAllowed, ValueError) as error:
        st.error(md(str(error)), icon=":material/error:")


def _show_findings(found: Findings) -> None:
    if not found.works:
        st.error(md(found.problem), icon=":material/block:")
        if found.nearest:
            st.info(f"Did you mean {md(found.nearest)}?", icon=":material/help:")
        return
    kinds = "  \n".join(f":gray[{md(kind)}] {md(how)}" for kind, how in found.task_kinds.items())
    st.success(f"**{md(found.endpoint.model_name)}** answers and is kept.  \n{kinds}", icon=":material/check_circle:")
    if found.likelihood_problem:
        st.caption(f"No log-likelihoods: {md(found.likelihood_problem)}.")
    for warning in found.warnings:
        st.warning(md(warning), icon=":material/warning:")
