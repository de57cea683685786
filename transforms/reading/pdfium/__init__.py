"""The feed that reads pages with PDFium."""
