"""From sources to archived PDFs: folders, web addresses, index pages, object stores, and the ZIP archives in them."""
