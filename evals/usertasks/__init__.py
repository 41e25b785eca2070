"""Tasks made from a table: a proposal, the checks, and a folder that plain lm-eval runs too."""
