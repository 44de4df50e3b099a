"""How good a model is, measured on what happened afterwards."""
