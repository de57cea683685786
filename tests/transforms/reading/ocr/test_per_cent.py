from __future__ import annotations

from contextlib import closing
from io import BytesIO

import numpy as np
import pypdfium2 as pdfium
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from transforms.reading.ocr.engine import Gray
from transforms.reading.ocr.opencv import opencv
from transforms.reading.ocr.per_cent import is_per_cent

pytest.importorskip("cv2")

POINTS = 10.0


def drawn(text: str, scale: float, font: str) -> Gray:
    made = BytesIO()
    canvas = Canvas(made, (100, 30))
    canvas.setFont(font, POINTS)
    canvas.drawString(20, 10, text)
    canvas.save()
    return picture(made.getvalue(), scale)


def picture(pdf: bytes, scale: float) -> Gray:
    with closing(pdfium.PdfDocument(pdf)) as document:
        return np.array(document[0].render(scale=scale, grayscale=True).to_numpy()).squeeze().astype(np.uint8)


@pytest.mark.parametrize("scale", [1.2, 1.6, 2.1, 3.0])
@pytest.mark.parametrize("font", ["Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Bold", "Courier-Bold"])
def test_is_per_cent_knows_it_from_per_mille_where_rings_have_few_pixels(font: str, scale: float) -> None:
    for text, answer in (("8%", True), ("8‰", False)):
        gray = drawn(text, scale, font)
        columns = np.flatnonzero((gray < 128).any(axis=0))
        begin = int(columns[0]) + round(stringWidth("8", font, POINTS) * scale)
        assert is_per_cent(gray[:, begin:], gray[:, begin:] < 160) is answer


@pytest.mark.parametrize("dpi", [100, 110, 120, 130])
@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_is_per_cent_wide_per_mille_that_looks_alike_upside_down_is_known_by_its_width(weight: str, dpi: int) -> None:
    typst = pytest.importorskip("typst")
    for text, answer in (("%", True), ("‰", False)):
        font = f'#set text(font: "Libertinus Serif", size: 9pt, weight: "{weight}")'
        pdf = typst.compile(f"#set page(width: 40pt, height: 30pt)\n{font}\n{text}".encode())
        gray = picture(pdf, dpi / 72)
        cv2 = opencv()
        blurred = cv2.GaussianBlur(gray, (0, 0), 0.6)
        gray = cv2.resize(blurred, None, fx=216 / dpi, fy=216 / dpi, interpolation=cv2.INTER_CUBIC)
        assert is_per_cent(gray, gray < 190) is answer
