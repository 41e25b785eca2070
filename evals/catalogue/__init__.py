"""The entries of the catalogue of quantizations, one module for each engine that executes them here."""
