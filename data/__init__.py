"""Shipped inputs, read-only: the tiny model family, its eval items, published results."""
