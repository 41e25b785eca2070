from __future__ import annotations

import pytest

from evals.names import UnknownName
from evals.plan import Plan, chosen_items, demo_plan, item_key
from evals.tasks import task


def small(**changes: object) -> Plan:
    given = {"models": ("tiny-1m",), "quantizations": ("bf16", "nf4"), "tasks": ("math", "code"), "limit": 10}
    return Plan(**{**given, **changes}).checked()  # type: ignore[arg-type]


def test_cells_are_the_product_of_the_names() -> None:
    assert len(small().cells()) == 1 * 2 * 2
    assert {cell.items_total for cell in small().cells()} == {10}


def test_task_groups_stand_for_their_task() -> None:
    assert small().tasks == ("shop_math", "shop_code")


def test_demo_covers_three_sizes_six_quantizations_five_tasks() -> None:
    plan = demo_plan().checked()
    assert len(plan.models) >= 3 and len(plan.quantizations) >= 6 and len(plan.tasks) == 5


@pytest.mark.parametrize(
    ("field", "given", "nearest"),
    [("models", "tiny-2m", "tiny-1m"), ("quantizations", "nf5", "nf4"), ("tasks", "shop_maths", "shop_math")],
)
def test_unknown_names_are_answered_with_the_nearest(field: str, given: str, nearest: str) -> None:
    with pytest.raises(UnknownName, match=nearest):
        small(**{field: (given,)})


def test_an_empty_list_is_named() -> None:
    with pytest.raises(ValueError, match="names no tasks"):
        small(tasks=())


def test_equal_plans_share_a_digest_whatever_their_name() -> None:
    assert small(name="a").digest == small(name="b").digest
    assert small().digest != small(limit=11).digest


def test_keys_differ_by_quantization_task_and_prompt() -> None:
    keys = {cell.cell_key for cell in small().cells()}
    assert len(keys) == 4
    assert item_key("cell", {"id": "1", "prompt": "a"}) != item_key("cell", {"id": "1", "prompt": "b"})


def test_a_seed_draws_the_same_items_every_time() -> None:
    math = task("math")
    assert chosen_items(math, 5, 0) == [0, 1, 2, 3, 4]
    assert chosen_items(math, 5, 7) == chosen_items(math, 5, 7) != chosen_items(math, 5, 8)
