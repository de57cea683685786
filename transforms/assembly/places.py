"""The keys and places by which cells, rows and forms are distinguished."""

from __future__ import annotations

from typing import Final

TABLE: Final = ["document_id", "page_number", "table_number"]
FORM: Final = ["document_id", "form_number"]
CELL: Final = ["document_id", "page_number", "cell_number"]
PLACE: Final = ["page_number", "x0", "top", "x1", "bottom", "confidence"]

EDGE: Final = 6.0
NOTE: Final = r"^\s*(?:注|备注|附注|说明|填表说明)\s*\d?\s*[:：]"
"""How a note begins that stands in a row of the table of its own."""
