"""What the page and the report say of a decision: what would change it, how sure it is, and how to go back."""
