"""How good is it? Runs task evals over quantized variants and stores what it saw. Knows nothing of money."""
