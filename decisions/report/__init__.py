"""One report of a decision, written in several formats."""
