"""The rules, a module for each part of a form; `expectations.catalogue` puts them in order."""
