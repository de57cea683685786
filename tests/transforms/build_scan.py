"""Scans for tests: pages of a PDF as pictures, made bad on purpose, in a PDF without text."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter


@dataclass(frozen=True)
class Wear:
    """What befell a page between printer and PDF: turn in degrees counter-clockwise, blur, noise, JPEG quality."""

    turn: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 92
    has_stamp: bool = False
    quarter_turns: int = 0


CLEAN = Wear()
WORN = Wear(turn=0.7, blur=0.6, noise=8.0, quality=55, has_stamp=True)


def scan_pdf(source: Path, target: Path, wear: Wear = CLEAN, dpi: int = 200) -> Path:
    """Write the pages of a PDF as pictures of pages."""
    document = pdfium.PdfDocument(source)
    try:
        images = [_worn(page.render(scale=dpi / 72).to_pil().convert("RGB"), wear) for page in document]
    finally:
        document.close()
    images[0].save(target, "PDF", resolution=dpi, save_all=True, append_images=images[1:], quality=wear.quality)
    return target


def stamped(image: Image.Image) -> Image.Image:
    """Put a red round stamp with a star over the middle of a picture; black ink below it stays black."""
    width, height = image.size
    radius, x, y = round(width * 0.1), round(width * 0.6), round(height * 0.2)
    layer = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(layer)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(215, 30, 40), width=max(radius // 12, 3))
    angles = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2 == 0, 0.45, 0.18) * radius
    star = np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)])
    pen.polygon([(float(a), float(b)) for a, b in star], fill=(215, 30, 40))
    return Image.fromarray(np.minimum(np.asarray(image), np.asarray(layer)))


def _worn(image: Image.Image, wear: Wear) -> Image.Image:
    image = stamped(image) if wear.has_stamp else image
    image = image.rotate(wear.turn, resample=Image.Resampling.BICUBIC, fillcolor="white") if wear.turn else image
    image = image.filter(ImageFilter.GaussianBlur(wear.blur)) if wear.blur else image
    if wear.noise:
        random = np.random.default_rng(0)
        pixels = np.asarray(image).astype(np.float64) * 0.94
        pixels += random.normal(0.0, wear.noise, pixels.shape[:2])[:, :, None]
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if wear.quarter_turns:
        image = image.rotate(90 * wear.quarter_turns, expand=True)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=wear.quality)
    return Image.open(io.BytesIO(buffer.getvalue()))
