"""The price book a page works with."""
from __future__ import annotations
from datetime import date
def book(as_of: date): return None
def accelerators(book): return ["A6000","H100"]
def provider_classes(book): return ["neocloud", "hyperscaler", "marketplace-secure","marketplace-community"]
