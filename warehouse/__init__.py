"""What is kept and what is published: table contracts, the ledger, releases."""
