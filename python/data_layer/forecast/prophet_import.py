"""Imports Prophet without its chatter: the one place that does."""

from __future__ import annotations

import logging

# Prophet reports at import that a plotting library is missing, which nothing here needs.
logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)

from cmdstanpy.utils import get_logger  # noqa: E402
from prophet import Prophet  # noqa: E402

# cmdstanpy sets its level at the first call, so it is made here and then raised: two lines a fit say nothing.
get_logger().setLevel(logging.ERROR)

__all__ = ["Prophet"]
