"""Pure functions from a PDF page to the tables of the dataset."""
