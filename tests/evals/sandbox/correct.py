"""Correct programs that use much of Python's library; every one must pass."""

from __future__ import annotations

import textwrap

_PROGRAMS = r"""
import json; assert json.loads(json.dumps({"a": [1, 2.5, None, True]})) == {"a": [1, 2.5, None, True]}
import re; assert re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world") == "world hello"
import itertools; assert list(itertools.accumulate(range(5))) == [0, 1, 3, 6, 10]
import functools; assert functools.reduce(lambda a, b: a * b, range(1, 6)) == 120
import collections; assert collections.Counter("abca").most_common(1) == [("a", 2)]
import heapq; h = [3, 1, 2]; heapq.heapify(h); assert heapq.heappop(h) == 1
import bisect; assert bisect.bisect([1, 3, 5], 4) == 2
import decimal; assert decimal.Decimal("0.1") + decimal.Decimal("0.2") == decimal.Decimal("0.3")
import fractions; assert fractions.Fraction(1, 3) + fractions.Fraction(1, 6) == fractions.Fraction(1, 2)
import statistics; assert statistics.median([1, 3, 2]) == 2
import random; random.seed(4); assert 0 <= random.random() < 1; random.SystemRandom().random()
import secrets; assert len(secrets.token_hex(8)) == 16
import uuid; assert uuid.uuid4() != uuid.uuid4()
import os; assert len(os.urandom(8)) == 8 and os.path.join("a", "b") == "a/b" and os.getpid() > 0
import hashlib; assert hashlib.md5(b"a").hexdigest().startswith("0cc175b9")
import hmac; assert len(hmac.new(b"k", b"m", "sha256").digest()) == 32
import base64; assert base64.b64encode(b"hi") == b"aGk="
import struct; assert struct.unpack("<H", struct.pack("<H", 513)) == (513,)
import zlib; assert zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000
import gzip; assert gzip.decompress(gzip.compress(b"abc")) == b"abc"
import bz2, lzma; assert bz2.decompress(bz2.compress(b"abc")) == lzma.decompress(lzma.compress(b"abc"))
import csv, io; assert list(csv.reader(io.StringIO("a,b\n1,2"))) == [["a", "b"], ["1", "2"]]
import io, zipfile; z = zipfile.ZipFile(io.BytesIO(), "w"); z.writestr("a", "b"); assert z.read("a") == b"b"
import datetime; assert datetime.date(2024, 2, 28) + datetime.timedelta(2) == datetime.date(2024, 3, 1)
import datetime, zoneinfo; datetime.datetime.now(datetime.timezone.utc)
import calendar; assert calendar.isleap(2024)
import time; start = time.perf_counter(); time.sleep(0.05); assert time.perf_counter() > start
import string; assert string.ascii_lowercase[:3] == "abc"
import textwrap; assert textwrap.fill("a b c", 3) == "a b\nc"
import difflib; assert difflib.get_close_matches("appel", ["apple", "dog"]) == ["apple"]
import math, cmath; assert math.isqrt(10**40) == 10**20 and abs(cmath.sqrt(-1)) == 1
import operator; assert operator.itemgetter(1)([3, 4]) == 4
import array; assert array.array("i", [1, 2]).tolist() == [1, 2]
import copy; assert copy.deepcopy([[1]]) == [[1]]
import pickle; assert pickle.loads(pickle.dumps({1: (2, 3)})) == {1: (2, 3)}
import sqlite3; assert sqlite3.connect(":memory:").execute("select 1 + 1").fetchone() == (2,)
import xml.etree.ElementTree as e; assert e.fromstring("<a><b/></a>")[0].tag == "b"
import html; assert html.escape("<") == "&lt;"
import urllib.parse; assert urllib.parse.urlparse("http://a/b?c=d").query == "c=d"
import ast; assert ast.literal_eval("[1, (2,)]") == [1, (2,)]
import inspect; assert list(inspect.signature(lambda a, b=1: 0).parameters) == ["a", "b"]
import logging; logging.basicConfig(); logging.warning("seen")
import argparse; p = argparse.ArgumentParser(); p.add_argument("-n", type=int); assert p.parse_args(["-n", "3"]).n == 3
import contextlib, io; s = io.StringIO(); contextlib.redirect_stdout(s).__enter__(); print("x"); assert s.tell() == 2
import os, contextlib; contextlib.redirect_stdout(open(os.devnull, "w")).__enter__(); print("x")
import sys; sys.stderr.write("to the other stream\n"); assert sys.stdin.read() == ""
import sys; sys.exit(0)
import sys; sys.setrecursionlimit(30000); f = lambda n: n and 1 + f(n - 1); assert f(20000) == 20000
import enum; E = enum.Enum("E", "A B"); assert E.A.value == 1
import dataclasses; D = dataclasses.make_dataclass("D", ["x"]); assert D(1) == D(1)
import typing, abc, numbers; assert isinstance(1, numbers.Number)
import unicodedata; assert unicodedata.normalize("NFC", "e\u0301") == "\xe9"
import weakref, gc; gc.collect(); S = set; s = S(); assert weakref.ref(s)() is s
import warnings; warnings.simplefilter("ignore"); warnings.warn("x")
import traceback; assert "ZeroDivisionError" in traceback.format_exception_only(ZeroDivisionError())[0]
import timeit; assert timeit.timeit("1", number=10) >= 0
import graphlib; assert list(graphlib.TopologicalSorter({2: {1}}).static_order()) == [1, 2]
import queue, threading as t; q = queue.Queue(); t.Thread(target=q.put, args=(5,)).start(); assert q.get() == 5
import signal; signal.signal(signal.SIGALRM, lambda *a: None); signal.alarm(1); signal.alarm(0)
import ctypes; assert ctypes.CDLL(None).abs(-3) == 3
import pathlib; assert pathlib.PurePath("a/b.txt").suffix == ".txt" and not pathlib.Path("/nowhere").exists()
import platform, locale, getopt, shlex; assert shlex.split("a 'b c'") == ["a", "b c"]
import colorsys, keyword, token, tokenize, dis, types, reprlib, pprint; pprint.pprint({1: 2})
assert sum(i * i for i in range(10**5)) == 333328333350000
assert sorted("banana", key=str.lower) == list("aaabnn")
assert f"{3.14159:.2f} {255:#x} {'x':>3}" == "3.14 0xff   x"
assert len(str(2**10000)) == 3011
assert len(bytearray(100 * 2**20)) == 104857600
assert [*{1: 2} | {3: 4}] == [1, 3]
assert (lambda *a, **k: (a, k))(1, b=2) == ((1,), {"b": 2})
print("café ✓ 日本", end="")
"""
_LONGER = (
    """
    import asyncio
    async def double(x):
        await asyncio.sleep(0.01)
        return x * 2
    async def main(): return await asyncio.gather(*(double(n) for n in range(5)))
    assert asyncio.run(main()) == [0, 2, 4, 6, 8]
    """,
    """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool: assert list(pool.map(lambda x: x + 1, range(50))) == list(range(1, 51))
    """,
    """
    import unittest
    class T(unittest.TestCase):
        def test_one(self): self.assertEqual(1 + 1, 2)
    unittest.main()
    """,
    '''
    import doctest
    def f(x):
        """
        >>> f(2)
        4
        """
        return x * 2
    assert doctest.testmod().failed == 0
    ''',
    """
    if __name__ == "__main__":
        class Stack:
            def __init__(self): self.items = []
            def push(self, x): self.items.append(x)
            def pop(self): return self.items.pop()
        s = Stack(); s.push(1); s.push(2)
        assert s.pop() == 2 and s.pop() == 1
    """,
    """
    def sieve(n):
        marks = bytearray([1]) * (n + 1)
        for i in range(2, int(n ** 0.5) + 1):
            if marks[i]: marks[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
        return [i for i in range(2, n + 1) if marks[i]]
    assert len(sieve(100_000)) == 9592
    """,
    """
    from functools import lru_cache
    @lru_cache(None)
    def ways(n): return 1 if n < 2 else ways(n - 1) + ways(n - 2)
    assert ways(80) == 37889062373143906
    """,
    """
    try: 1 / 0
    except ZeroDivisionError as error: kept = error
    else: raise AssertionError
    finally: done = True
    assert done and "division" in str(kept)
    """,
    """
    def numbers():
        got = yield 1
        yield got
    g = numbers()
    assert (next(g), g.send(9)) == (1, 9)
    """,
    """
    match {"kind": "point", "at": [1, 2]}:
        case {"kind": "point", "at": [x, y]}: assert x + y == 3
        case _: raise AssertionError
    """,
    """
    from dataclasses import dataclass, field
    @dataclass(order=True)
    class Job:
        rank: int
        name: str = field(compare=False)
    assert min(Job(2, "b"), Job(1, "z")).name == "z"
    """,
)
CORRECT = (*_PROGRAMS.strip().splitlines(), *(textwrap.dedent(each).strip() for each in _LONGER))
