"""Runs of other tools, read from their files: lm-eval, Inspect, guidellm, and CSV of item results.

``discovery`` finds and reads them, one module a format; ``keeping`` puts a run into the store, whole or not at all.
"""
