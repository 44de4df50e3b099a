"""Canonical tables: where they come from and which rows are fit for use."""
