"""Generates report PDFs with invented forms, and the truth of what each of them prints."""
