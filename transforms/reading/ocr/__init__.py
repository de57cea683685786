"""Pages without a text layer, read by optical character recognition (the extra `ocr`)."""
