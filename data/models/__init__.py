"""The tiny model family: generators, training scripts and weights (see README.md beside this file)."""
