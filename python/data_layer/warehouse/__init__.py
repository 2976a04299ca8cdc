"""Engines and connections: where an estate's warehouse is, how to talk to it, and dbt held resident."""
