"""The dataset in a browser: search, forms beside their pages, changes, rules, dictionary. Read-only, on loopback."""
