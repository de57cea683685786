"""Turns a PDF into what a scanner or a phone makes of its paper: pages of nothing but an image, worn on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter
from PIL.Image import Image as Picture

PAPER: Final = (250, 249, 246)
DESK: Final = (96, 74, 58)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What befalls the pages of a document between paper and PDF.

    Attributes:
        dpi: Resolution of the image.
        skew: Largest turn in degrees, either way.
        noise: Standard deviation of the noise, in gray levels of 255.
        blur: Radius of the blur, in pixels.
        quality: JPEG quality.
        quarter_turns: By how many quarters the pages lie turned counter-clockwise.
        pages_a_sheet: Pages side by side on one image.
        tilt: Share of the width by which corners move, as in a photo that is not taken from straight above.
        shade: Share of light lost in the darkest corner.
        stains: Pale brown rings and blots on each page.
        has_stamp: Whether a red stamp stands on the first page, over the table.
    """

    dpi: int = 200
    skew: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    quality: int = 85
    quarter_turns: int = 0
    pages_a_sheet: int = 1
    tilt: float = 0.0
    shade: float = 0.0
    stains: int = 0
    has_stamp: bool = False


RECIPES: Final = {
    "200": Recipe(200, skew=0.5, noise=3),
    "150": Recipe(150, skew=0.5, noise=3),
    "130-noisy": Recipe(130, skew=0.9, noise=8, quality=55),
    "100": Recipe(100, skew=0.5, noise=4, quality=70),
    "fax": Recipe(96, skew=0.9, noise=14, quality=35),
    "turned-90": Recipe(150, skew=0.5, noise=3, quarter_turns=1),
    "turned-180": Recipe(150, skew=0.5, noise=3, quarter_turns=2),
    "turned-270": Recipe(150, skew=0.5, noise=3, quarter_turns=3),
    "two-up": Recipe(200, skew=0.3, noise=3, pages_a_sheet=2),
    "photo": Recipe(200, noise=4, blur=0.6, quality=80, tilt=0.03, shade=0.35),
    "photo-steep": Recipe(200, noise=5, blur=0.8, quality=75, tilt=0.07, shade=0.5),
    "stained": Recipe(170, skew=0.5, noise=4, stains=4, has_stamp=True),
}
"""Kinds of scans that are measured, by name."""


def scan(pdf: bytes, rng: Random) -> bytes:
    """Return the PDF as images: 150 to 200 dpi, up to 0.9 degrees of skew, noise, JPEG, now and then a red stamp."""
    recipe = Recipe(rng.choice((150, 170, 200)), skew=0.9, noise=rng.uniform(3, 8), quality=rng.choice((55, 70, 85)))
    return worn(pdf, replace(recipe, has_stamp=rng.random() < 0.5), rng)


def worn(pdf: bytes, recipe: Recipe, rng: Random) -> bytes:
    """Return the PDF as images that a recipe has worn."""
    noise = np.random.default_rng(rng.randrange(2**32))
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=recipe.dpi / 72).to_pil().convert("RGB") for page in document]
    document.close()
    if recipe.has_stamp:
        pages[0] = _stamped(pages[0], rng, recipe.dpi)
    size = recipe.pages_a_sheet
    sheets = [_side_by_side(pages[i : i + size], size) for i in range(0, len(pages), size)]
    images = [_squeezed(_worn(sheet, recipe, rng, noise), recipe.quality) for sheet in sheets]
    made = BytesIO()
    images[0].save(made, "PDF", save_all=True, append_images=images[1:], resolution=recipe.dpi)
    return made.getvalue()


def _worn(image: Picture, recipe: Recipe, rng: Random, noise: np.random.Generator) -> Picture:
    for _ in range(recipe.stains):
        image = _stained(image, rng)
    if recipe.skew:
        angle = rng.choice((-1, 1)) * rng.uniform(0.3, 1.0) * recipe.skew
        image = image.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=PAPER)
    image = image.rotate(90 * recipe.quarter_turns, expand=True) if recipe.quarter_turns else image
    image = _photographed(image, recipe.tilt, rng) if recipe.tilt else image
    image = image.filter(ImageFilter.GaussianBlur(recipe.blur)) if recipe.blur else image
    pixels = np.asarray(image).astype(np.float32) * 0.96 + 4
    if recipe.shade:
        pixels *= _light(pixels.shape[0], pixels.shape[1], recipe.shade, rng)[:, :, None]
    pixels += noise.normal(0, recipe.noise, pixels.shape[:2])[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _squeezed(image: Picture, quality: int) -> Picture:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def _side_by_side(pages: Sequence[Picture], count: int) -> Picture:
    """Put pages side by side; a sheet that is not full keeps its empty half."""
    if count == 1:
        return pages[0]
    width, height = max(page.width for page in pages), max(page.height for page in pages)
    sheet = Image.new("RGB", (width * count, height), PAPER)
    for number, page in enumerate(pages):
        sheet.paste(page, (number * width, 0))
    return sheet


def _photographed(image: Picture, tilt: float, rng: Random) -> Picture:
    """See a page lying on a desk from a side: each corner moves inwards by its own share of the width."""
    width, height = image.size
    edge = round(0.04 * width)
    canvas = Image.new("RGB", (width + 2 * edge, height + 2 * edge), DESK)
    canvas.paste(image, (edge, edge))
    across, down = canvas.size
    corners = ((0.0, 0.0), (float(across), 0.0), (float(across), float(down)), (0.0, float(down)))
    towards = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    seen = [
        (x + sx * rng.uniform(0, tilt) * width, y + sy * rng.uniform(0, tilt) * width)
        for (x, y), (sx, sy) in zip(corners, towards, strict=True)
    ]
    return canvas.transform(
        canvas.size,
        Image.Transform.PERSPECTIVE,
        _perspective(seen, corners),
        resample=Image.Resampling.BICUBIC,
        fillcolor=DESK,
    )


def _perspective(seen: Sequence[tuple[float, float]], printed: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Eight numbers that take a seen point to the printed one, as Pillow wants them."""
    rows, right = [], []
    for (x, y), (u, v) in zip(seen, printed, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(right)).tolist())


def _light(height: int, width: int, loss: float, rng: Random) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Light that falls off towards one corner."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(x / width - rng.choice((0, 1)), y / height - rng.choice((0, 1))) / np.sqrt(2)
    return np.asarray(1.0 - loss * away, dtype=np.float32)


def _stained(image: Picture, rng: Random) -> Picture:
    """Put a pale brown ring or blot on a page; print below it stays readable."""
    layer = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(layer)
    radius = rng.uniform(0.03, 0.12) * image.width
    x, y = rng.uniform(0, image.width), rng.uniform(0, image.height)
    box = (x - radius, y - radius * rng.uniform(0.6, 1), x + radius, y + radius)
    pale = rng.randint(170, 215)
    if rng.random() < 0.5:
        draw.ellipse(box, outline=(pale, pale - 20, pale - 50), width=max(4, round(radius / 6)))
    else:
        draw.ellipse(box, fill=(pale + 20, pale, pale - 30))
    soft = layer.filter(ImageFilter.GaussianBlur(radius / 12))
    return Image.fromarray((np.asarray(image).astype(np.uint16) * np.asarray(soft) // 255).astype(np.uint8))


def _stamped(image: Picture, rng: Random, dpi: int) -> Picture:
    """Return the page with a round red stamp that leaves what is under it readable."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    radius = dpi * 0.6
    x, y = rng.uniform(0.6, 0.8) * image.width, rng.uniform(0.1, 0.3) * image.height
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, outline=(215, 40, 40, 150), width=max(3, dpi // 30))
    draw.regular_polygon((x, y, radius * 0.3), 5, fill=(215, 40, 40, 130))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")
