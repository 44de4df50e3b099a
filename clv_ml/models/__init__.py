"""The value and churn models, and the bundle that carries them."""
