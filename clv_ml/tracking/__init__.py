"""MLflow: the only room that imports it, and only inside functions."""
