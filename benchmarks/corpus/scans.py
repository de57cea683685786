"""Turns a PDF into what a scanner makes of its paper: pages of nothing but a skewed, noisy, compressed image."""

from __future__ import annotations

from io import BytesIO
from random import Random

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw


def _stamped(image: Image.Image, rng: Random, dpi: int) -> Image.Image:
    """Return the page with a round red stamp that leaves what is under it readable."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    radius = dpi * 0.6
    x, y = rng.uniform(0.6, 0.8) * image.width, rng.uniform(0.1, 0.3) * image.height
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, outline=(215, 40, 40, 150), width=max(3, dpi // 30))
    draw.regular_polygon((x, y, radius * 0.3), 5, fill=(215, 40, 40, 130))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def scan(pdf: bytes, rng: Random) -> bytes:
    """Return the PDF as images: 150 to 200 dpi, up to 0.9 degrees of skew, noise, JPEG, now and then a red stamp."""
    dpi = rng.choice((150, 170, 200))
    angle = rng.choice((-0.9, -0.7, 0.3, 0.7))
    noise = np.random.default_rng(rng.randrange(2**32))
    has_stamp = rng.random() < 0.5
    pages = []
    document = pypdfium2.PdfDocument(pdf)
    for number in range(len(document)):
        image = document[number].render(scale=dpi / 72).to_pil().convert("RGB")
        if has_stamp and number == 0:
            image = _stamped(image, rng, dpi)
        image = image.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=(250, 249, 246))
        pixels = np.asarray(image).astype(np.float32) * 0.96 + 4
        pixels += noise.normal(0, rng.uniform(3, 8), pixels.shape[:2])[:, :, None]
        page = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        squeezed = BytesIO()
        page.save(squeezed, "JPEG", quality=rng.choice((55, 70, 85)))
        pages.append(Image.open(squeezed))
    document.close()
    made = BytesIO()
    pages[0].save(made, "PDF", save_all=True, append_images=pages[1:], resolution=dpi)
    return made.getvalue()
