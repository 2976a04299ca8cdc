"""One file and one card a detector. The registry finds them here."""
