"""Suppliers' own layouts of readings: one YAML a layout, and what reads files by them."""

from data_layer.landing.formats.definition import FormatError, SupplierFormat, read_formats

__all__ = ["FormatError", "SupplierFormat", "read_formats"]
