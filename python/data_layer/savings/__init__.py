"""Candidate savings: faults first, then claims by detectors, overlaps removed, ranges learnt from placebo periods."""
