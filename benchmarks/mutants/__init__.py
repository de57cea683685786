"""Mutants of forms: damaged and twisted copies of good PDFs, and what becomes of them."""
