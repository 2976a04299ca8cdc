"""How data come in and none is lost: contracts, validation, quarantine, the ledger of files."""
