"""A made-up estate in the landing layout, with planted savings and faults whose truth is written aside."""

from data_layer.sample.estate import SampleError, SampleSummary, generate

__all__ = ["SampleError", "SampleSummary", "generate"]
