"""``python -m evals.engines.lm_eval_items TASK LIMIT``: the items of one of lm-eval's own tasks, as JSON.

A process of its own: it imports lm-eval, may download a data set, and is gone afterwards.
"""

from __future__ import annotations

import hashlib
import json
import numbers
import sys
from typing import Any

from evals.usertasks.code_tasks import CODE_TASKS

OUTPUT_TYPES = ("multiple_choice", "generate_until")


class Refused(ValueError):
    """A task that cannot be used here, and why."""


def read_task(name: str, limit: int) -> dict[str, Any]:
    """What the task's YAML says and its first ``limit`` items. Raises Refused."""
    from evals.engines.harness_tasks import own_task

    try:
        task = own_task(name)
    except Refused:
        raise
    except ImportError as error:
        raise Refused(f"it needs the Python package {error.name or error}; install it first") from error
    except Exception as error:  # every data set script has its own ways to fail
        raise Refused(reason(error)) from error
    judged_here = CODE_TASKS.get(name)
    if getattr(task, "UNSAFE_CODE", False) and not judged_here:
        raise Refused("it runs model-written code outside of the sandbox")
    if task.OUTPUT_TYPE not in OUTPUT_TYPES:
        raise Refused(f"its scores are {task.OUTPUT_TYPE}; here {' and '.join(OUTPUT_TYPES)} are judged item by item")
    docs = task.eval_docs
    items = [_item(task, docs[at]) for at in range(min(limit, len(docs)))]
    metrics = [judged_here] if judged_here else scored_metrics(task, docs[0], items[0])
    if not metrics:
        raise Refused("it scores whole sets, not single items, so variants could not be compared item by item")
    return {
        "items": items,
        "total": len(docs),
        "metrics": metrics,
        "output_type": task.OUTPUT_TYPE,
        "version": str(task.VERSION),
        "num_fewshot": int(task.config.num_fewshot or 0),
        "filter": task._filters[0].name,
        "runs_code": judged_here is not None,
    }


def reason(error: BaseException) -> str:
    """Why a data set could not be had: from the innermost trouble that tells of the network, or as it was said."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    names = {type(each).__name__ for each in chain}
    text = " ".join(str(error).split())[:300]
    hub = ("ConnectionError", "OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectError", "ConnectTimeout")
    if names & set(hub) or "Couldn't reach" in text or "couldn't find it in the cache" in text.casefold():
        return "cannot be reached"
    if names & {"GatedRepoError", "DatasetNotFoundError", "RepositoryNotFoundError"}:
        return f"was not found, or is gated: {text}"
    return f"could not be loaded: {type(error).__name__}: {text}"


def document_id(doc: Any) -> str:
    """Hash of one document."""
    return hashlib.sha256(json.dumps(doc, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _item(task: Any, doc: Any) -> dict[str, Any]:
    prompt = task.fewshot_context(doc, num_fewshot=0, gen_prefix=task.doc_to_prefix(doc))
    target = task.doc_to_target(doc)
    choices = task.doc_to_choice(doc) if task.OUTPUT_TYPE == "multiple_choice" else None
    if choices is not None and isinstance(target, int):
        target = choices[target]
    answer = " | ".join(map(str, target)) if isinstance(target, list) else str(target)
    text = prompt if isinstance(prompt, str) else "\n".join(prompt)
    return {"id": document_id(doc), "prompt": text, "answer": answer, "target": answer}


def scored_metrics(task: Any, doc: Any, item: dict[str, Any]) -> list[str]:
    """Metrics that give one number from 0 to 1 for one item, tried on the expected answer itself."""
    if task.OUTPUT_TYPE == "multiple_choice":
        choices = task.doc_to_choice(doc)
        answers: list[Any] = [(0.0 if choice == item["answer"] else -1.0, False) for choice in choices]
    else:
        answers = [item["answer"]]
    scores = task.process_results(doc, answers)
    return [name for name, value in scores.items() if isinstance(value, numbers.Real) and 0 <= float(value) <= 1]


def main() -> None:
    name, limit = sys.argv[1:]
    try:
        answer = read_task(name, int(limit))
    except Refused as refused:
        answer = {"error": str(refused)}
    sys.stdout.write("\n" + json.dumps(answer, default=str) + "\n")


if __name__ == "__main__":
    main()
