"""One screen each: inputs → one call → show."""
