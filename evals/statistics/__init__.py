"""Intervals, paired comparisons and sample sizes for scores. Pure functions; no files, no clock."""
