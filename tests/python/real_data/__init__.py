"""Real meters in landing layout: conversions for tests, not part of the product. The data are never committed."""
