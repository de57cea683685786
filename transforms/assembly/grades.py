"""How forms print a rating: its words, and the boxes beside them."""

from __future__ import annotations

from typing import Final

GRADES: Final = r"优良|优秀?|良好?|较好|中等?|一般|较?差|不?合格|不?达标"
GRADE: Final = rf"^(?:{GRADES})$"
"""A grade and nothing else."""

BOXES: Final = r"[☑■√✓✔☒●⊙▣◼□☐○◻❏❐❑❒]"
BOXED_GRADE: Final = rf"{BOXES}\s*(?:{GRADES})"
