"""Which option meets the SLA for the least money? Joins evals and pricing; measures and prices nothing."""
