"""One run: its plan, its stages, where they are worked, and what it came to."""
