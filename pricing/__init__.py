"""What must be rented or paid, and how fast will it be? Knows nothing of accuracy."""
