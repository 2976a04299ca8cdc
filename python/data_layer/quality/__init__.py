"""What is wrong with readings, found before any model sees them."""
