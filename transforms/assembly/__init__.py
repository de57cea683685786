"""From cells to the printed fields of forms: labels, blocks, columns, rows, page breaks."""
