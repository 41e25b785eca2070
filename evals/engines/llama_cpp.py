"""llama.cpp through ctypes: the shared library inside the xllamacpp wheel exports its whole C interface.

Nothing needs a compiler. Parameters are passed by value in C, so the layout of the two structs is checked against the
defaults the library itself reports before anything is loaded.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_bool, c_char_p, c_float, c_int8, c_int32, c_size_t, c_uint32, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "xllamacpp"
F16 = 1
QUIET_BELOW = 4  # llama.cpp's log levels: 1 debug, 2 info, 3 warning, 4 error


class EngineError(RuntimeError):
    """llama.cpp is missing, of an unknown build, or refused a file."""


class _ModelParams(Structure):
    """``llama_model_params``; ``rest`` is longer than what any build adds at the end."""

    _fields_ = (
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("rest", c_int8 * 512),
    )


class _ContextParams(Structure):
    """``llama_context_params`` up to the last field set here."""

    _fields_ = (
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("rest", c_int8 * 1024),
    )


class _Batch(Structure):
    _fields_ = (
        ("n_tokens", c_int32),
        ("token", POINTER(c_int32)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    )
