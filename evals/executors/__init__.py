"""Who runs the cells of a run when workers on this machine are not enough; the store stays the one truth."""
