"""The dirty corpus, and what must become of each of its files."""
