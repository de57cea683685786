"""From a PDF page to cells: characters, ruling lines, grids, text, OCR."""
