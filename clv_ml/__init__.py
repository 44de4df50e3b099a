"""Which valuable customers are about to leave, what they are worth, and whom to contact."""
