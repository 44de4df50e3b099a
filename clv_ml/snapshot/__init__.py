"""What was known at a cutoff, and what happened after it."""
