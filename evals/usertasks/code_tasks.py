"""lm-eval's code tasks that are judged here: lm-eval asks and builds the program, our sandbox runs it."""

from __future__ import annotations

# Task → the name that lm-eval gives its score. One answer an item; the _64 variants draw 64, which nobody pairs.
CODE_TASKS = {
    "humaneval": "pass@1",
    "humaneval_instruct": "pass@1",
    "humaneval_plus": "pass@1",
    "mbpp": "pass_at_1",
    "mbpp_instruct": "pass_at_1",
    "mbpp_plus": "pass_at_1",
    "mbpp_plus_instruct": "pass_at_1",
}
