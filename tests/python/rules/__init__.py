"""The house's rules as pure checks: each takes what it reads and returns a list of plain sentences, one a breach."""
