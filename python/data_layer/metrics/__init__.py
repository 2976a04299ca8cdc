"""Reads metrics from the semantic layer, their only definition."""
