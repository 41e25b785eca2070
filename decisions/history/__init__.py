"""Decisions as they were made, and what has changed since."""
