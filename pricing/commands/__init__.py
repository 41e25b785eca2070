"""The commands of ``python -m pricing``, one module a theme."""
