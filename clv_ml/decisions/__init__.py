"""From scores to what the retention team does."""
