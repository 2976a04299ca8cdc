"""A made-up estate in the landing layout, with planted savings, faults and wrong bills whose truth is written aside."""

from data_layer.sample.estate import SampleError, SampleSummary, generate

__all__ = ["SampleError", "SampleSummary", "generate"]
