"""llama.cpp through ctypes: the shared library inside the xllamacpp wheel exports its whole C interface.

Nothing needs a compiler. C passes the parameters by value, so before anything is loaded their layout here is held
against the defaults that the library itself reports.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_float, c_int8, c_int32, c_size_t, c_void_p
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "xllamacpp"
KNOWN_VERSION = "2026.10.11549"
INSTALL = f"pip install {PACKAGE}=={KNOWN_VERSION}"
F16, F32 = 1, 0  # of ggml_type
ERROR_LEVEL = 4  # of ggml_log_level; a line that goes on has 5
UBATCH = 512


class EngineError(RuntimeError):
    """llama.cpp is missing or of an unknown build, or it refused a file or a batch."""


class ModelParams(Structure):
    """``llama_model_params``; ``rest`` covers what is not set here and whatever a build adds."""

    _fields_ = (("devices", c_void_p), ("overrides", c_void_p), ("n_gpu_layers", c_int32), ("rest", c_int8 * 512))


class ContextParams(Structure):
    """``llama_context_params``."""

    _fields_ = (
        *((name, c_int32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max")),
        *((name, c_int32) for name in ("n_outputs_max_per_seq", "n_threads", "n_threads_batch", "context_type")),
        *((name, c_int32) for name in ("rope_scaling", "pooling", "attention", "flash_attention")),
        *((name, c_float) for name in ("rope_base", "rope_scale", "yarn_extrapolation", "yarn_attention")),
        *((name, c_float) for name in ("yarn_fast", "yarn_slow")),
        ("yarn_context", c_int32),
        ("defragment_above", c_float),
        ("on_node", c_void_p),
        ("on_node_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("rest", c_int8 * 512),
    )


class _Batch(Structure):
    _fields_ = (
        ("n_tokens", c_int32),
        ("token", c_void_p),
        ("embd", c_void_p),
        ("pos", c_void_p),
        ("n_seq_id", c_void_p),
        ("seq_id", c_void_p),
        ("logits", c_void_p),
    )


# Defaults of the build whose layout is written above; a build that reports others may lay its fields out differently.
MODEL_DEFAULTS = {"devices": None, "overrides": None, "n_gpu_layers": -1}
CONTEXT_DEFAULTS = {
    **{"n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "n_rs_seq": 0, "n_outputs_max": 0},
    **{"n_outputs_max_per_seq": 1, "n_threads": 4, "n_threads_batch": 4, "context_type": 0, "rope_scaling": -1},
    **{"pooling": -1, "attention": -1, "flash_attention": -1, "rope_base": 0.0, "rope_scale": 0.0},
    **{"yarn_extrapolation": -1.0, "yarn_attention": -1.0, "yarn_fast": -1.0, "yarn_slow": -1.0, "yarn_context": 0},
    **{"defragment_above": -1.0, "on_node": None, "on_node_data": None, "type_k": F16, "type_v": F16},
}
_P, _I = c_void_p, c_int32
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "llama_backend_init": (None, []),
    "llama_context_default_params": (ContextParams, []),
    "llama_decode": (_I, [_P, _Batch]),
    "llama_detokenize": (_I, [_P, _P, _I, _P, _I, c_bool, c_bool]),
    "llama_free": (None, [_P]),
    "llama_get_logits": (POINTER(c_float), [_P]),
    "llama_get_memory": (_P, [_P]),
    "llama_init_from_model": (_P, [_P, ContextParams]),
    "llama_log_set": (None, [_P, _P]),
    "llama_memory_clear": (None, [_P, c_bool]),
    "llama_memory_seq_cp": (None, [_P, _I, _I, _I, _I]),
    "llama_memory_seq_rm": (c_bool, [_P, _I, _I, _I]),
    "llama_model_default_params": (ModelParams, []),
    "llama_model_free": (None, [_P]),
    "llama_model_get_vocab": (_P, [_P]),
    "llama_model_load_from_file": (_P, [c_char_p, ModelParams]),
    "llama_model_n_ctx_train": (_I, [_P]),
    "llama_n_ctx_seq": (_I, [_P]),
    "llama_n_seq_max": (_I, [_P]),
    "llama_set_n_threads": (None, [_P, _I, _I]),
    "llama_supports_gpu_offload": (c_bool, []),
    "llama_tokenize": (_I, [_P, c_char_p, _I, _P, _I, c_bool, c_bool]),
    "llama_vocab_bos": (_I, [_P]),
    "llama_vocab_eos": (_I, [_P]),
    "llama_vocab_get_add_bos": (c_bool, [_P]),
    "llama_vocab_is_eog": (c_bool, [_P, _I]),
    "llama_vocab_n_tokens": (_I, [_P]),
    "ggml_quantize_chunk": (c_size_t, [_I, _P, _P, *[ctypes.c_int64] * 3, _P]),
    "ggml_quantize_init": (None, [_I]),
    "ggml_validate_row_data": (c_bool, [_I, _P, c_size_t]),
}


def installed() -> bool:
    """Whether the wheel is there; nothing is loaded."""
    return find_spec(PACKAGE) is not None


@cache
def library() -> Any:
    """The shared library with its functions declared and its layout checked."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise EngineError(f"llama.cpp is not installed; {INSTALL}")
    files = sorted(Path(found.origin).parent.glob(f"{PACKAGE}*.so"))
    if not files:
        raise EngineError(f"{PACKAGE} {version(PACKAGE)} holds no shared library; {INSTALL}")
    lib = ctypes.CDLL(str(files[0]))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    check_layout(lib.llama_model_default_params(), MODEL_DEFAULTS)
    check_layout(lib.llama_context_default_params(), CONTEXT_DEFAULTS)
    lib.llama_log_set(ctypes.cast(_keep_errors, c_void_p), None)
    lib.llama_backend_init()
    return lib


def check_layout(reported: Structure, expected: dict[str, Any]) -> None:
    """Refuse a build whose parameters do not read as the known one's."""
    for name, value in expected.items():
        if getattr(reported, name) != value:
            raise EngineError(
                f"{PACKAGE} {version(PACKAGE)} reports {name} = {getattr(reported, name)}, {KNOWN_VERSION} {value}: "
                f"its parameters may be laid out differently; {INSTALL}"
            )


_errors: list[str] = []


@CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
def _keep_errors(level: int, text: bytes, _: object) -> None:
    if level == ERROR_LEVEL:
        _errors.append(text.decode(errors="replace").strip())
        del _errors[:-8]


class Model:
    """A loaded GGUF file: its vocabulary and, once ``open`` has sized it, its memory for several sequences."""

    def __init__(self, path: Path, threads: int) -> None:
        lib = library()
        _errors.clear()
        self._lib, self._threads, self._context = lib, threads, None
        self._memory: int | None = None
        self._model = lib.llama_model_load_from_file(str(path).encode(), lib.llama_model_default_params())
        if not self._model:
            raise EngineError(f"llama.cpp cannot load {path.name}: {'; '.join(_errors) or 'no reason given'}")
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.n_vocab: int = lib.llama_vocab_n_tokens(self._vocab)
        self.context_length: int = lib.llama_model_n_ctx_train(self._model)

    @property
    def on_gpu(self) -> bool:
        """Whether this build puts layers on a GPU: all of them, if there is one."""
        return bool(self._lib.llama_supports_gpu_offload())

    def open(self, sequences: int, length: int, exact: bool = False) -> None:
        """Make room for this many sequences of ``length`` tokens each; what was there is forgotten.

        As llama.cpp does by default, keys and values are kept in FP16; ``exact`` keeps and computes them in FP32.
        """
        self._close_context()
        params = self._lib.llama_context_default_params()
        params.n_ctx = params.n_batch = sequences * length
        params.n_ubatch, params.n_seq_max = UBATCH, sequences
        params.n_outputs_max_per_seq = 0  # as many as are asked for
        if exact:
            params.type_k, params.type_v, params.flash_attention = F32, F32, 0
        self._context = self._lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise EngineError(f"llama.cpp made no room for {sequences} × {length} tokens: {'; '.join(_errors)}")
        if self._lib.llama_n_seq_max(self._context) != sequences or self._lib.llama_n_ctx_seq(self._context) < length:
            raise EngineError(f"llama.cpp made room for less than {sequences} × {length} tokens")
        self._lib.llama_set_n_threads(self._context, self._threads, self._threads)
        self._memory = self._lib.llama_get_memory(self._context)

    def decode(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], wanted: Sequence[bool]
    ) -> NDArray[np.float32]:
        """Logits (wanted × vocabulary) after each wanted token; all tokens are remembered in their sequence."""
        arrays = [np.asarray(column, np.int32) for column in (tokens, positions, sequences, [1] * len(tokens))]
        outputs = np.asarray(wanted, np.int8)
        one_each = arrays[2].ctypes.data + 4 * np.arange(len(tokens), dtype=np.uint64)
        token, position, _, count = (array.ctypes.data for array in arrays)
        batch = _Batch(len(tokens), token, None, position, count, one_each.ctypes.data, outputs.ctypes.data)
        _errors.clear()
        if code := self._lib.llama_decode(self._context, batch):
            raise EngineError(f"llama.cpp could not decode {len(tokens)} tokens (code {code}): {'; '.join(_errors)}")
        rows = int(outputs.sum())
        if not rows:
            return np.empty((0, self.n_vocab), np.float32)
        return np.ctypeslib.as_array(self._lib.llama_get_logits(self._context), (rows, self.n_vocab)).copy()

    def copy(self, source: int, target: int) -> None:
        """What ``source`` remembers, ``target`` remembers too."""
        self._lib.llama_memory_seq_rm(self._memory, target, -1, -1)
        self._lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def forget(self, sequence: int) -> None:
        self._lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def forget_all(self) -> None:
        self._lib.llama_memory_clear(self._memory, False)

    def tokenize(self, text: str, add_special: bool) -> list[int]:
        """Special tokens written in the text are read as such."""
        raw = text.encode()
        room = np.empty(len(raw) + 8, np.int32)
        n = self._lib.llama_tokenize(self._vocab, raw, len(raw), room.ctypes.data, len(room), add_special, True)
        if n < 0:
            raise EngineError(f"llama.cpp cannot tokenize a text of {len(raw)} bytes (code {n})")
        return [int(token) for token in room[:n]]

    def detokenize(self, tokens: Sequence[int]) -> str:
        """Text without special tokens."""
        ids = np.asarray(tokens, np.int32)
        size = 64 + 32 * len(ids)
        while True:
            room = ctypes.create_string_buffer(size)
            n = self._lib.llama_detokenize(self._vocab, ids.ctypes.data, len(ids), room, size, True, False)
            if n >= 0:
                return room.raw[:n].decode(errors="replace")
            size = -n

    @property
    def bos(self) -> int | None:
        return token if (token := self._lib.llama_vocab_bos(self._vocab)) >= 0 else None

    @property
    def eos(self) -> int:
        return int(self._lib.llama_vocab_eos(self._vocab))

    @property
    def adds_bos(self) -> bool:
        return bool(self._lib.llama_vocab_get_add_bos(self._vocab))

    def ends(self) -> frozenset[int]:
        """Tokens that end a generation."""
        return frozenset(t for t in range(self.n_vocab) if self._lib.llama_vocab_is_eog(self._vocab, t))

    def close(self) -> None:
        self._close_context()
        if self._model:
            self._lib.llama_model_free(self._model)
            self._model = None

    def _close_context(self) -> None:
        if self._context:
            self._lib.llama_free(self._context)
            self._context = None
