"""What tests of several packages share. It has no tests of its own."""
