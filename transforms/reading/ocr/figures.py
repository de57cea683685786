"""A second witness for recognised figures: the pieces of ink of a line, counted, and compared with like digits.

The recogniser tells characters by what it has learned, and may drop a decimal point, turn `%` into `96` or take a 3 for
an 8 without a doubt. Here each character of a line that holds digits has to own pieces of ink of its kind, none may be
left over, and each digit has to look more like the page's other digits of its kind than like those of another.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from transforms.reading.digits import looks_like, pictures
from transforms.reading.ocr.engine import Gray, Line
from transforms.reading.ocr.opencv import opencv
from transforms.reading.ocr.per_cent import is_per_cent
from transforms.reading.ocr.strips import Strip
from transforms.reading.page import Bools, Floats, Ints

AGAINST: Final = 0.3
"""Highest certainty of a digit that the ink contradicts."""

UNWITNESSED: Final = 0.7
"""Highest certainty of a digit whose ink could not be distinguished from that of its neighbours."""

WITNESSED: Final = 0.85
"""Least certainty of a digit that has the shape of its kind."""

_DIGIT: Final = re.compile(r"\d")
_PART: Final = re.compile(r"[\d.,]")
_IDEOGRAPH: Final = re.compile(r"[\u3400-\u9fff]")
_TOKENS: Final = re.compile(r"[\u3400-\u9fff]+(?:[/／][\u3400-\u9fff]+)*|.")
"""A slash between ideographs (元/人) leans over them: together they are one word."""

_NO_DIGIT: Final = "()（）%％"
"""Signs that touch digits in a poor picture, and are not as wide as they."""

_SMALL_MARKS: Final = ".,·、，。．"
_COLONS: Final = ":：;；"
_BRACKETS: Final = "()（）"
_SEVERAL: Final = {"%": 3, "％": 3}
"""Marks of several pieces."""

_MORE_THAN_CENT: Final = re.compile(r"\d[%％][A-Za-z0-9]")
_AFTER_FIGURE: Final = re.compile(r"(?<=[\d)）])[%％]")
_SLASHES: Final = "/／"
_OF_A_SLASH: Final = 0.5
_WIDEST: Final = 1.16
_NARROWEST_WORD: Final = 0.6
_LONG_WORD: Final = 4
_USUAL_PITCH: Final = 1.06
_CLOSEST: Final = 0.85
_WIDEST_PITCH: Final = 1.6
_WIDEST_DIGIT: Final = 0.75
_LOWEST_DIGIT: Final = 0.45
_HIGHEST_MARK: Final = 0.45
_WIDEST_MARK: Final = 0.4
_WIDEST_COLON: Final = 0.3
_OVERLAP: Final = 0.5
_FAR: Final = 1.2
_LEAST_PIECE: Final = 0.09
_OF_IDEOGRAPHS: Final = (0.93, 1.08)
_OF_DIGITS: Final = (0.85, 1.35)
"""Height of ideographs as a share of that of a line, with and without ideographs in it, least and most."""

_SEVERAL_WIDE: Final = 1.6
_TOUCHING: Final = 1.6
_HIGHER: Final = 1.2
_BRACKET: Final = 1.08
_SLIM: Final = 0.4
"""Height of a bracket beside a digit, in digits, at least, and its width as a share of that, at most: other pieces are
digits that were not read."""

_FEWEST_PAIRS: Final = 8
_USUAL_STEP: Final = 0.77
"""Distance of digits in their heights, where a page has too few to tell."""

_WIDE_STEP: Final = 1.25
_EVEN_STEP: Final = 0.12
_WITHIN_NUMBERS: Final = ".,"
_SAME_HEIGHT: Final = 0.8
_SAME_LINE: Final = 0.2
_OVER_ONE: Final = 1.2
_LEAST_SIGN: Final = 0.2
_ABOUT: Final = 0.4
_ROWS, _COLUMNS = 18, 12
_PROPORTION: Final = 0.3
_CLEAR: Final = 0.1
_NEAR: Final = 0.06
_ALIKE: Final = 0.7
_UNLIKE: Final = 0.4
_OF_THE_FONT: Final = 0.05
_ODD: Final = 0.2
"""A digit of the page's font is nearly as like its kind as the page's others are; one of another font scarcely ever."""

_AT_A_LOSS: Final = 0.4
"""Certainty of the recogniser below which a shape alone does not make a digit sure."""

_NO_MATTER: Final = (UNWITNESSED + WITNESSED) / 2


@dataclass(frozen=True, slots=True)
class _Work:
    """A line with digits: its number, picture, ink, place on the page, height of its ideographs, and its pieces."""

    number: int
    gray: Gray
    ink: Bools
    at: tuple[int, int]
    size: float
    pieces: Floats


def pieces_of(ink: Bools, size: float) -> Floats:
    """(n, 4) boxes of the pieces of ink of a line, from left to right: what stands above one another is one piece."""
    cv2 = opencv()
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    found = stats[1:count, :4].astype(np.float64)
    found = found[np.maximum(found[:, 2], found[:, 3]) >= _LEAST_PIECE * size]
    boxes = np.column_stack([found[:, 0], found[:, 1], found[:, 0] + found[:, 2], found[:, 1] + found[:, 3]])
    merged: list[list[float]] = []
    for box in boxes[np.argsort(boxes[:, 0])].tolist():
        if merged:
            last = merged[-1]
            shared = min(last[2], box[2]) - box[0]
            if shared > _OVERLAP * min(last[2] - last[0], box[2] - box[0]):
                merged[-1] = [last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])]
                continue
        merged.append(box)
    return np.array(merged, dtype=np.float64).reshape(-1, 4)


def _fits(token: str, low: float, top: float, high: float, bottom: float, size: float) -> bool:
    """Whether pieces, by the box around them, can be a character's, or those of a word of ideographs."""
    width, height = high - low, bottom - top
    if len(token) > 1 or "\u3400" <= token < "\ua000":
        return (len(_IDEOGRAPH.findall(token)) - _NARROWEST_WORD) * size <= width
    if token.isdigit():
        return height >= _LOWEST_DIGIT * size and width <= _WIDEST_DIGIT * size
    if token in _SEVERAL:
        return width <= _SEVERAL_WIDE * height
    if token in _SMALL_MARKS:
        return height <= _HIGHEST_MARK * size and width <= _WIDEST_MARK * size
    if token in _COLONS:
        return width <= _WIDEST_COLON * size
    return True


def aligned(text: str, centres: Floats, pieces: Floats, size: float) -> dict[int, int] | None:
    """Find the piece of each digit where every character can be given its pieces in order, with none left over.

    Of several ways the one whose pieces stand nearest to where the recogniser saw the characters. A word of ideographs
    counts as one: they touch, and fall into pieces.

    Args:
        text: The characters.
        centres: Middle of each, in pixels.
        pieces: See `pieces_of`.
        size: Usual height of a line of ideographs.

    Returns:
        Number of the piece by place of the digit in the text; None where there is no way.
    """
    tokens = [(match.group(), match.start()) for match in _TOKENS.finditer(text) if not match.group().isspace()]
    count, total = len(tokens), len(pieces)
    pitch = _pitch([centres[place : place + len(token)] for token, place in tokens if _IDEOGRAPH.match(token)], size)
    x0, y0, x1, y1 = pieces.T.tolist() if total else ([], [], [], [])
    cost: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for token, place in tokens:
        is_word = "\u3400" <= token[0] < "\ua000"
        most = total if is_word else _SEVERAL.get(token, 1)
        is_sign = not is_word and not token.isdigit() and token not in _SMALL_MARKS
        wanted = float(centres[place : place + len(token)].mean())
        slashes = sum(char in _SLASHES for char in token) if is_word else 0
        widest = (len(token) - 1 - slashes) * pitch + (_WIDEST + _OF_A_SLASH * slashes) * size
        reached: dict[int, tuple[float, int]] = {}
        for begin, (so_far, _) in cost[-1].items():
            top, bottom, high = np.inf, 0.0, 0.0
            last = min(begin + most, total)
            while is_sign and begin < last < total and x0[last] == x1[last - 1]:
                last += 1  # a wide sign (≥) was cut as if it were digits that touch
            for end in range(begin + 1, last + 1):
                top, bottom, high = min(top, y0[end - 1]), max(bottom, y1[end - 1]), max(high, x1[end - 1])
                if high - x0[begin] > widest:
                    break
                off = abs((x0[begin] + high) / 2 - wanted) / size
                if off <= _FAR and _fits(token, x0[begin], top, high, bottom, size):
                    now = so_far + off
                    if now < reached.get(end, (np.inf, 0))[0]:
                        reached[end] = (now, begin)
        cost.append(reached)
    if total not in cost[count]:
        return None
    found: dict[int, int] = {}
    brackets: dict[int, int] = {}
    end = total
    for number in range(count, 0, -1):
        begin = cost[number][end][1]
        token, place = tokens[number - 1]
        if _DIGIT.match(token):
            found[place] = begin
        elif token in _BRACKETS:
            brackets[place] = begin
        end = begin
    beside = [piece for place, piece in brackets.items() if {place - 1, place + 1} & found.keys()]
    widths, heights = pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1]
    least = _BRACKET * float(np.median(heights[list(found.values())])) if found else 0.0
    are_brackets = all(heights[piece] >= max(least, widths[piece] / _SLIM) for piece in beside)
    return found if are_brackets and _are_level(text, found, pieces) else None


def _are_level(text: str, found: Mapping[int, int], pieces: Floats) -> bool:
    """Whether digits of one number are of one height and stand on one line: the ring of a `%` is a small, high 0."""
    of = {place: pieces[piece] for place, piece in found.items()}
    for place, (_, top, _, bottom) in of.items():
        before = place - 1 - (text[place - 1] in _WITHIN_NUMBERS)
        if place == 0 or before not in of:
            continue
        highest = max(bottom - top, of[before][3] - of[before][1])
        lower = min(bottom - top, of[before][3] - of[before][1])
        if lower < _SAME_HEIGHT * highest or abs(bottom - of[before][3]) > _SAME_LINE * highest:
            return False
    return True


def _pitch(words: Sequence[Floats], size: float) -> float:
    """Distance of ideographs in a line, by where those of its longest word were seen."""
    longest = max(words, key=len, default=np.empty(0))
    if len(longest) < _LONG_WORD:
        return _USUAL_PITCH * size
    return float(np.clip((longest[-1] - longest[0]) / (len(longest) - 1), _CLOSEST * size, _WIDEST_PITCH * size))


def _edges(line: Line, strip: Strip) -> list[float]:
    """Where digits end beside brackets and per cent signs, in pixels of the line's ink."""
    text = line.text
    return [
        float(line.end[i]) * strip.image.shape[1] - float(strip.starts[0])
        for i in range(len(text) - 1)
        if (text[i].isdigit() and text[i + 1] in _NO_DIGIT) or (text[i] in _NO_DIGIT and text[i + 1].isdigit())
    ]


def _cut_at(ink: Bools, pieces: Floats, edges: Sequence[float], width: float) -> Floats:
    """Cut pieces wider than a digit that reach over an edge, where the ink near the edge is scarcest."""
    parts = pieces.astype(np.int64).tolist()
    for edge in edges:
        for number, (x0, y0, x1, y1) in enumerate(parts):
            low, high = max(x0 + 2, round(edge - _ABOUT * width)), min(x1 - 2, round(edge + _ABOUT * width))
            is_over = x0 + _LEAST_SIGN * width < edge < x1 - _LEAST_SIGN * width
            if not is_over or x1 - x0 < _OVER_ONE * width or low >= high:
                continue
            cut = low + int(ink[y0:y1, low:high].sum(axis=0).argmin())
            parts[number : number + 1] = [_tight(ink, x0, y0, cut, y1), _tight(ink, cut, y0, x1, y1)]
            break
    return np.array(parts, dtype=np.float64).reshape(-1, 4)


def _tight(ink: Bools, x0: int, y0: int, x1: int, y1: int) -> list[int]:
    rows = np.flatnonzero(ink[y0:y1, x0:x1].any(axis=1))
    return [x0, y0 + int(rows[0]), x1, y0 + int(rows[-1]) + 1] if len(rows) else [x0, y0, x1, y1]


def _parted(work: _Work, edges: Sequence[float], width: float, height: float) -> Floats:
    """Cut pieces that touch: at signs beside digits, then those several digits wide, and no higher, between digits."""
    ink = work.ink
    pieces = _cut_at(ink, work.pieces, edges, width)
    parts: list[list[float]] = []
    for x0, y0, x1, y1 in pieces.tolist():
        count = round((x1 - x0) / width)
        if count < 2 or x1 - x0 < _TOUCHING * width or y1 - y0 > _HIGHER * height:
            parts.append([x0, y0, x1, y1])
            continue
        profile = ink[int(y0) : int(y1), int(x0) : int(x1)].sum(axis=0)
        step = (x1 - x0) / count
        cuts = [0.0]
        for number in range(1, count):
            near = round(number * step - 0.2 * step), round(number * step + 0.2 * step) + 1
            cuts.append(float(near[0] + int(profile[near[0] : near[1]].argmin())))
        cuts.append(x1 - x0)
        parts += [[x0 + a, y0, x0 + b, y1] for a, b in itertools.pairwise(cuts)]
    return np.array(parts, dtype=np.float64).reshape(-1, 4)


def witnessed(lines: Sequence[Line], strips: Sequence[Strip], gray: Gray, ink: Bools, size: float) -> list[Line]:
    """Lower the certainty of figures that the ink does not bear out, and raise it where the shapes agree.

    Args:
        lines: What was recognised of a page.
        strips: Where each line was cut from.
        gray: The page without its rules.
        ink: Its text's pixels.
        size: Usual height of a line of ideographs, in pixels.

    Returns:
        The same texts. A digit that looks like another one has a certainty of at most 0.3. Where pieces of ink and
        characters do not match, or a digit cannot be known from another, the line's digits have at most 0.7. A digit
        whose shape is clearly that of its kind has at least 0.85, unless the recogniser itself was at a loss. A per
        cent sign alone that may be a per mille sign has at most 0.7.
    """
    glyphs, left, parted = _glyphs_of(lines, strips, gray, ink, size)
    left |= _spread(glyphs)
    alone = [i for i, line in enumerate(lines) if line.text in _SEVERAL]
    certainty = {i: np.where([_PART.match(char) is not None for char in lines[i].text], UNWITNESSED, 1.0) for i in left}
    certainty.update({i: np.full(1, UNWITNESSED) for i in alone if not _is_lone_per_cent(strips[i], gray, ink)})
    least: dict[int, Floats] = {}
    keys = list(glyphs)
    said = np.array([int(lines[i].text[k]) for i, k in keys], dtype=np.int64)
    owner = np.array([i for i, _ in keys], dtype=np.int64)
    verdicts = _verdicts(gray, np.array([glyphs[key] for key in keys]).reshape(-1, 4), said, owner)
    # Where digits that touch were cut apart in the wrong place, neither looks like itself.
    verdicts = np.maximum(verdicts, np.array([UNWITNESSED if i in parted else 0.0 for i, _ in keys]))
    for (i, k), verdict in zip(keys, verdicts.tolist(), strict=True):
        if verdict >= WITNESSED:
            least.setdefault(i, np.zeros(len(lines[i].text)))[k] = verdict
        elif verdict <= UNWITNESSED:
            certainty.setdefault(i, np.ones(len(lines[i].text)))[k] = verdict
    return [_judged(line, certainty.get(i), least.get(i)) for i, line in enumerate(lines)]


def _spread(glyphs: Mapping[tuple[int, int], Floats]) -> set[int]:
    """Lines in which two digits stand apart by more than those of the page: a point between them was not seen.

    Digits are as wide as one another in the fonts of forms, and a point takes half the room of one. A line whose digits
    are all set apart is spaced.
    """
    pairs = [(i, k) for i, k in glyphs if (i, k - 1) in glyphs]
    if not pairs:
        return set()
    boxes, before = np.array([glyphs[key] for key in pairs]), np.array([glyphs[i, k - 1] for i, k in pairs])
    middle, last = boxes[:, [0, 2]].mean(axis=1), before[:, [0, 2]].mean(axis=1)
    step = (middle - last) / np.maximum(boxes[:, 3] - boxes[:, 1], before[:, 3] - before[:, 1])
    usual = float(np.median(step)) if len(step) >= _FEWEST_PAIRS else _USUAL_STEP
    owner = np.array([i for i, _ in pairs])
    wide = step > _WIDE_STEP * usual
    spaced = {i for i in owner[wide].tolist() if (owner == i).sum() > 1 and np.ptp(step[owner == i]) <= _EVEN_STEP}
    return {*owner[wide].tolist()} - spaced


def _judged(line: Line, most: Floats | None, least: Floats | None) -> Line:
    if most is None and least is None:
        return line
    confidence = line.confidence
    if least is not None:
        confidence = np.where(confidence >= _AT_A_LOSS, np.maximum(confidence, least), confidence)
    if most is not None:
        confidence = np.minimum(confidence, most)
    return replace(line, confidence=confidence)


def _glyphs_of(
    lines: Sequence[Line], strips: Sequence[Strip], gray: Gray, ink: Bools, size: float
) -> tuple[dict[tuple[int, int], Floats], set[int], set[int]]:
    """Boxes of the digits on the page, by line and place in it; lines whose digits could not be found, or were cut."""
    works = [
        _work(i, line, strip, gray, ink, size)
        for i, (line, strip) in enumerate(zip(lines, strips, strict=True))
        if len(strip.boxes) == 1 and _DIGIT.search(line.text)
    ]
    found: dict[tuple[int, int], Floats] = {}

    def is_left(work: _Work, pieces: Floats) -> bool:
        return not _take(work, pieces, lines[work.number], strips[work.number], found)

    left = [work for work in works if is_left(work, work.pieces)]
    touching = {work.number for work in left}
    if left and found:
        boxes = np.array([box for (i, k), box in found.items() if lines[i].text[k] != "1"] or list(found.values()))
        width, height = (float(np.median(boxes[:, i + 2] - boxes[:, i])) for i in (0, 1))
        # Edges are where the recogniser saw them: at a bracket that stands apart they may lie within the digit.
        left = [
            work
            for work in left
            if all(
                is_left(work, _parted(work, edges, width, height))
                for edges in (_edges(lines[work.number], strips[work.number]), ())
            )
        ]
    return found, {work.number for work in left}, touching


def _work(number: int, line: Line, strip: Strip, gray: Gray, ink: Bools, size: float) -> _Work:
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    own = ink[y0:y1, x0:x1]
    least, most = _OF_IDEOGRAPHS if _IDEOGRAPH.search(line.text) else _OF_DIGITS
    local = float(np.clip(size, least * (y1 - y0), most * (y1 - y0)))
    return _Work(number, gray[y0:y1, x0:x1], own, (x0, y0), local, pieces_of(own, local))


def _take(work: _Work, pieces: Floats, line: Line, strip: Strip, found: dict[tuple[int, int], Floats]) -> bool:
    """Put the boxes of a line's digits to those that were found; False where its pieces do not match."""
    centres = (line.start + line.end) / 2 * strip.image.shape[1] - float(strip.starts[0])
    places = aligned(line.text, centres, pieces, work.size)
    if places is None or _MORE_THAN_CENT.search(line.text):
        return False
    for place in (match.start() for match in _AFTER_FIGURE.finditer(line.text)):
        before, width = places.get(place - 1), strip.image.shape[1]
        begin = pieces[before, 2] if before is not None else line.start[place] * width - strip.starts[0]
        end = line.end[place] * width - strip.starts[0] if place + 1 < len(line.text) else np.inf
        middle = pieces[:, [0, 2]].mean(axis=1)
        own = pieces[(middle >= begin) & (middle <= end)]
        low, high = (int(own[:, 0].min()), int(own[:, 2].max())) if len(own) else (0, 0)
        if not is_per_cent(work.gray[:, low:high], work.ink[:, low:high]):
            return False
    shift = np.array([*work.at, *work.at])
    found.update({(work.number, place): pieces[piece] + shift for place, piece in places.items()})
    return True


def _is_lone_per_cent(strip: Strip, gray: Gray, ink: Bools) -> bool:
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    return is_per_cent(gray[y0:y1, x0:x1], ink[y0:y1, x0:x1])


def _verdicts(gray: Gray, boxes: Floats, said: Ints, line: Ints) -> Floats:
    """(n,) certainty that each glyph allows for the digit that it is said to be; `line` is where each stands."""
    if not len(boxes):
        return np.empty(0)
    likeness = _likeness(_shapes(gray, boxes), (boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1]), said)
    each = np.arange(len(said))
    own = likeness[each, said]
    alone = np.isnan(own)
    odd = _odd_in_line(own, line)
    if alone.any():
        # No other digit of its kind stands on the page: what fonts say of it.
        likeness[alone] = looks_like(pictures(gray[:, :, None], boxes[alone], 1.0))
        own = np.nan_to_num(likeness[each, said], nan=0.0)
    others = np.nan_to_num(likeness, nan=-1.0)
    others[each, said] = -1.0
    ahead = own - others.max(axis=1)
    verdict = np.full(len(said), _NO_MATTER)
    verdict[(ahead >= _CLEAR) & (own >= _ALIKE)] = WITNESSED
    verdict[(ahead < _NEAR) | (own < _UNLIKE) | odd] = UNWITNESSED
    verdict[(ahead < 0.0) & ~alone] = AGAINST
    return verdict


def _odd_in_line(own: Floats, line: Ints) -> Bools:
    """(n,) whether a glyph is far less like its kind than most, in a line with one that is not.

    It shows another sign, or something touches it; a line in another font has none that is as like as most.
    """
    known = ~np.isnan(own)
    if known.sum() < _FEWEST_PAIRS:
        return np.zeros(len(own), dtype=np.bool_)
    usual = float(np.median(own[known]))
    best = np.zeros(int(line.max()) + 1)
    np.maximum.at(best, line[known], own[known])
    return np.asarray(known & (own < usual - _ODD) & (best[line] >= usual - _OF_THE_FONT), dtype=np.bool_)


def _shapes(gray: Gray, boxes: Floats) -> Floats:
    """(n, k) pictures of glyphs of one size, mean zero and length one."""
    cv2 = opencv()
    vectors = np.empty((len(boxes), _ROWS * _COLUMNS))
    for i, (x0, y0, x1, y1) in enumerate(boxes.astype(np.int64).tolist()):
        small = cv2.resize(gray[y0:y1, x0:x1], (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
        vectors[i] = small.ravel() - small.mean(dtype=np.float64)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _likeness(vectors: Floats, aspect: Floats, said: Ints) -> Floats:
    """(n, 10) likeness of each glyph to those others of each digit that are most like it; NaN where there are none."""
    shape = np.log(aspect)
    every = vectors @ vectors.T - _PROPORTION * np.abs(shape[:, None] - shape[None, :])
    np.fill_diagonal(every, -np.inf)
    result = np.full((len(vectors), 10), np.nan)
    for digit in np.unique(said).tolist():
        like = np.sort(every[:, said == digit], axis=1)[:, ::-1]
        second = like[:, min(1, like.shape[1] - 1)]
        result[:, digit] = np.where(np.isfinite(second), (like[:, 0] + second) / 2, like[:, 0])
    result[np.isinf(result)] = np.nan
    return result
