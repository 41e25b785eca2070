"""Models behind an API: where they are, what they may cost, what was proven of them. The requests are in engines."""
