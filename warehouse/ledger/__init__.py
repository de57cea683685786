"""The ledger: Delta tables of what was seen, read and derived."""
