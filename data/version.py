"""Which Bitbudget this is: written into reports and saved decisions."""

VERSION = "0.4.0"
