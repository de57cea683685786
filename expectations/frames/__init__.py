"""What each table's rules need to know of the rest of the form, as columns beside its own."""
