"""The figures of the house: how large its rooms are, and what imports what."""
