"""Characters in a box -> text: printed lines in order, wraps joined, spaces only where they were printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.ideographs import is_unseen, ordinary_codes
from transforms.reading.page import ASCENT, Bools, Codes, Floats, Ints

_LINE_STEP: Final = 0.5
_RAISED: Final = 0.65
"""A step across the lines of more than the one share of the larger of two font sizes, or than the other share of the
smaller, begins a new line: raised small characters, as the 2 of m², stand in the line of the others."""

_SMALL: Final = 0.85
_ABOVE: Final = 0.2
_MOST_RAISED: Final = 3
_SUPERSCRIPTS: Final = np.array([ord(char) for char in "⁰¹²³⁴⁵⁶⁷⁸⁹"], dtype=np.uint32)
"""A digit is raised where it is smaller than this share of the character before it, and stands on a line that is higher
by this share of that one's size; so are the next digits like it."""

_WORD_GAP: Final = 0.2
_NUMBER_GAP: Final = 0.6
_DOUBLE: Final = 0.15
_SEGMENT_GAP: Final = 2.5
_PADDING: Final = 6.0
_WIDE_PADDING: Final = 12.0
"""How much wider than `_PADDING`, of both sides, padding may be: some print 9 points at each."""

_SPACE: Final = np.uint32(32)
_POINT: Final = np.uint32(ord("."))
PARTED: Final = "\u3000"
"""Between two numbers of which each has its own line; printed white space is written as an ordinary space."""

_IDEOGRAPHS: Final = (0x3400, 0xA000)
NOT_HEAPED, TEXTS_HEAPED, FIGURES_HEAPED = range(3)
"""Whether characters of a text are printed on one another: its order is not known then."""

_COVERED: Final = 0.4
_FEWEST_COVERED: Final = 2
"""Share of its width from which an ideograph is covered by the next, and covered ones from which a text is in doubt."""

_SMALLER: Final = 0.75
_BESIDE, _OFF_LEVEL = 0.6, 0.15
_MOST_SMALL: Final = 200
"""Size of a digit, as a share of the size of its neighbour, below which the two do not make one number; how far apart
they are at most, and how far the middle of the smaller one is above or below, in sizes of the larger one; how many are
looked at."""

_ONE_PLACE: Final = 0.4
"""How far, in widths of the narrower one, the middle of a character is from that of a digit in the same place."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Text of groups of characters, one entry a group, in the order of the groups.

    Attributes:
        text: The text, '' for a group without characters.
        line_count: Printed lines.
        ink: (n, 4) x0, top, x1, bottom around the characters; NaN for a group without characters.
        heaped: NOT_HEAPED, TEXTS_HEAPED, FIGURES_HEAPED.
    """

    text: list[str]
    line_count: Ints
    ink: Floats
    heaped: Ints


@dataclass(frozen=True, slots=True)
class Characters:
    """Characters of one page or of many: `char_text` as code points, `char_box` and `char_angle` of `Page`."""

    codes: Codes
    box: Floats
    angle: Ints

    def where(self, chosen: Bools) -> Characters:
        """Only the chosen characters."""
        return Characters(self.codes[chosen], self.box.compress(chosen, axis=0), self.angle[chosen])


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters in reading order, without spaces and doubles; one array entry each."""

    codes: Codes
    box: Floats
    size: Floats
    group: Ints
    line: Ints
    start: Floats
    end: Floats
    spaced: Bools
    printed: Ints


def cell_texts(characters: Characters, group: Ints, widths: Floats) -> Texts:
    """Compose the text of cells.

    Lines are recognised by vertical overlap and read from left to right; text turned by 90 degrees is read along its
    own direction, so that vertical labels come out in order. Lines are joined without a space, but for a space between
    two Latin words that the wrap separated, where the next character would still have fitted in the line, and for
    `PARTED` between two numbers, where the whole second one would have fitted: they are two, one below the other.

    Args:
        characters: The characters of all cells.
        group: Cell of each character, from 0.
        widths: Width of each cell, in points; its length is the number of cells.
    """
    run = _in_order(characters, group)
    count = len(widths)
    if not len(run.codes):
        nothing = np.zeros(count, dtype=np.int64)
        return Texts([""] * count, nothing, np.full((count, 4), np.nan), nothing)
    first_of_line = np.concatenate([[True], run.line[1:] != run.line[:-1]])
    first_of_group = np.concatenate([[True], run.group[1:] != run.group[:-1]])
    wraps = first_of_line & ~first_of_group
    parted = _parted_numbers(run, first_of_line, wraps, widths)
    spaced = (run.spaced & ~first_of_line) | _wrapped_words(run, first_of_line, wraps, widths) | parted
    lines = np.bincount(run.group[first_of_line], minlength=count)
    starts = first_of_group.nonzero()[0]
    ink = np.full((count, 4), np.nan)
    ink[run.group[starts]] = _around(run.box, starts)
    texts = _strings(run.codes, spaced, parted, starts, run.group[starts], count)
    return Texts(texts, lines.astype(np.int64), ink, _heaped(run, first_of_line, count))


def _heaped(run: _Run, first_of_line: Bools, count: int) -> Ints:
    """Say of each group whether a digit shares its place with another character, or several ideographs are covered.

    A digit that is printed much smaller than the one beside it belongs to another number: a power, the mark of a note.
    """
    start, end, width, middle = run.start, run.end, run.end - run.start, (run.start + run.end) / 2
    differ = ~first_of_line[1:] & (run.codes[1:] != run.codes[:-1])
    digit = is_digit(run.codes)
    at = (differ & (digit[1:] | digit[:-1])).nonzero()[0] + 1
    near = middle[at] - middle[at - 1] < _ONE_PLACE * np.minimum(width[at], width[at - 1])
    in_doubt = [run.group[at[near]], run.group[_small_digits(run, digit)]]
    figures = np.bincount(np.concatenate(in_doubt), minlength=count)
    is_ideograph = (run.codes >= _IDEOGRAPHS[0]) & (run.codes < _IDEOGRAPHS[1])
    is_apart = run.printed[1:] != run.printed[:-1] + 1  # one text may be set tightly
    at = (differ & is_apart & is_ideograph[1:] & is_ideograph[:-1]).nonzero()[0] + 1
    covered = end[at - 1] - start[at] > _COVERED * width[at - 1]
    texts = np.bincount(run.group[at[covered]], minlength=count)
    return np.where(figures > 0, FIGURES_HEAPED, np.where(texts >= _FEWEST_COVERED, TEXTS_HEAPED, NOT_HEAPED))


def _small_digits(run: _Run, digit: Bools) -> Ints:
    """Digits that stand beside a much larger one of their cell, at its height."""
    digits = digit.nonzero()[0]
    group, size = run.group[digits], run.size[digits]
    if not len(digits):
        return digits
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    largest = np.repeat(np.maximum.reduceat(size, starts), np.diff(np.append(starts, len(size))))
    small = digits[size < _SMALLER * largest][:_MOST_SMALL]
    if not len(small):
        return small
    large, box = digits[size >= largest * _SMALLER], run.box
    same = run.group[small][:, None] == run.group[large][None, :]
    middle = (box[small, 1] + box[small, 3]) / 2
    reach = _OFF_LEVEL * run.size[large]
    level = (middle[:, None] > box[large, 1] - reach) & (middle[:, None] < box[large, 3] + reach)
    gap = np.maximum(box[small, 0][:, None] - box[large, 2], box[large, 0] - box[small, 2][:, None])
    beside = gap < _BESIDE * run.size[large]
    found: Ints = small[(same & level & beside).any(axis=1)]
    return found


def free_lines(characters: Characters, page: Ints) -> tuple[Texts, Ints]:
    """Compose lines of text outside the tables; a wide gap divides a line in two.

    Args:
        characters: The characters outside the tables of all pages.
        page: Page of each character, from 0.

    Returns:
        The lines, page by page, from top to bottom, and the page of each.
    """
    run = _in_order(characters, page)
    if not len(run.codes):
        none = np.empty(0, dtype=np.int64)
        return Texts([], none, np.empty((0, 4)), none), none
    wide = np.concatenate([[True], run.start[1:] - run.end[:-1] > _SEGMENT_GAP * run.size[1:]])
    new = wide | np.concatenate([[True], run.line[1:] != run.line[:-1]])
    starts = new.nonzero()[0]
    texts = _strings(run.codes, run.spaced & ~new, np.zeros_like(new), starts, np.arange(len(starts)), len(starts))
    one = np.ones(len(starts), dtype=np.int64)
    return Texts(texts, one, _around(run.box, starts), np.zeros_like(one)), run.group[starts]


def _around(box: Floats, starts: Ints) -> Floats:
    """Box around each stretch of boxes."""
    low, high = np.minimum.reduceat(box[:, :2], starts), np.maximum.reduceat(box[:, 2:], starts)
    return np.concatenate([low, high], axis=1)


def _in_order(characters: Characters, group: Ints) -> _Run:
    """Sort characters by group, direction, line and place in the line; turn spaces into marks, drop doubles."""
    codes = ordinary_codes(characters.codes)
    box, angle = characters.box, characters.angle
    angle = np.where(_in_vertical_columns(box, angle, group), 270, angle)
    x0, top, x1, bottom = box.T
    if angle.any():
        quarter = angle // 90
        start = np.choose(quarter, [x0, -bottom, -x1, top])
        end = np.choose(quarter, [x1, -top, -x0, bottom])
        across = np.choose(quarter, [top + bottom, x0 + x1, -top - bottom, -x0 - x1]) / 2
        size = np.where(quarter % 2 == 0, bottom - top, x1 - x0)
        group_and_angle = group * 4 + quarter
    else:
        start, end, across, size, group_and_angle = x0, x1, (top + bottom) / 2, bottom - top, group * 4
    order = np.lexsort((across, group_and_angle))
    sorted_across, sorted_size, sorted_group = across[order], size[order], group_and_angle[order]
    smaller, larger = np.minimum(sorted_size[1:], sorted_size[:-1]), np.maximum(sorted_size[1:], sorted_size[:-1])
    step = sorted_across[1:] - sorted_across[:-1] > np.minimum(_LINE_STEP * larger, _RAISED * smaller)
    line = np.zeros(len(order), dtype=np.int64)
    line[1:] = np.cumsum(step | (sorted_group[1:] > sorted_group[:-1]))
    # One key for line and place: the lines come sorted, which one stable sort makes use of.
    by_start = np.argsort(start[order] + line * (np.ptp(start) + 1.0 if len(start) else 1.0), kind="stable")
    order, line = order[by_start], line[by_start]
    codes, start, end, size = codes[order], start[order], end[order], size[order]
    is_space = (codes == 32) | (codes == 0xA0) | (codes == 0x3000) | ((codes >= 0x2000) & (codes <= 0x200A))
    is_ink = ~is_space & (codes > 32) & ((codes < 0x7F) | (codes > 0xA0)) & ~is_unseen(codes)
    ink = is_ink.nonzero()[0]
    ink = ink[~_is_double(codes[ink], line[ink], start[ink], size[ink])]
    spaces_before = np.cumsum(is_space)[ink]
    spaced = np.concatenate([[False], np.diff(spaces_before) > 0])[: len(ink)]
    codes, start, end, size = codes[ink], start[ink], end[ink], size[ink]
    codes = _with_raised_digits(codes, size, across[order[ink]], line[ink])
    spaced |= _gap_is_space(codes, start, end, size)
    printed = order[ink]
    return _Run(codes, box.take(printed, axis=0), size, group[printed], line[ink], start, end, spaced, printed)


def _in_vertical_columns(box: Floats, angle: Ints, group: Ints) -> Bools:
    """Whether upright characters are set in columns from right to left.

    Known from the order in which they were printed: within such a group each character stands below the one before,
    or at the top of another column; horizontal text never goes up. One column alone needs no care.
    """
    result = np.zeros(len(group), dtype=np.bool_)
    if len(group) < 4:
        return result
    order = np.argsort(group, kind="stable")
    at, (x0, top, x1, bottom) = group[order], box.take(order, axis=0).T
    y, size = (top + bottom) / 2, np.maximum(bottom - top, 1e-6)  # some characters have no height
    down = (y[1:] - y[:-1]) / size[1:]
    same = at[1:] == at[:-1]
    jump = same & (down < -0.6)
    if not jump.any():
        return result
    x = (x0 + x1) / 2
    right = np.abs(x[1:] - x[:-1]) / size[1:]
    below = same & (right < 0.3) & (down > 0.6) & (down < 2.5)
    jump &= right > 0.6
    count = int(at[-1]) + 1
    at = at[1:]
    other = np.bincount(at[same & ~below & ~jump], minlength=count) + np.bincount(group[angle != 0], minlength=count)
    vertical = (other == 0) & (np.bincount(at[jump], minlength=count) > 0)
    vertical &= np.bincount(at[below], minlength=count) > 1
    return np.asarray(vertical[group], dtype=np.bool_)


def _is_double(codes: Codes, line: Ints, start: Floats, size: Floats) -> Bools:
    """Whether a character was printed over the same character (fake bold, shadow)."""
    double = np.zeros(len(codes), dtype=np.bool_)
    for back in (1, 2):
        again = ((codes[back:] == codes[:-back]) & (line[back:] == line[:-back])).nonzero()[0] + back
        double[again] |= np.abs(start[again] - start[again - back]) < _DOUBLE * size[again]
    return double


def _with_raised_digits(codes: Codes, size: Floats, across: Floats, line: Ints) -> Codes:
    """Write small raised digits as what they are: m², 10⁴, 48.3¹ (a note's mark); not as m2, 104, 48.31."""
    digit, same_line = is_digit(codes), line[1:] == line[:-1]
    small = digit[1:] & same_line & (size[1:] < _SMALL * size[:-1])
    if not small.any():
        return codes
    base = across + (ASCENT - 0.5) * size
    raised = np.zeros(len(codes), dtype=np.bool_)
    raised[1:] = small & (base[1:] < base[:-1] - _ABOVE * size[:-1])
    alike = digit[1:] & same_line & (np.abs(size[1:] - size[:-1]) < 0.05 * size[1:])
    alike &= np.abs(base[1:] - base[:-1]) < 0.1 * size[1:]
    for _ in range(_MOST_RAISED):
        raised[1:] |= alike & raised[:-1]
    return np.where(raised, _SUPERSCRIPTS[np.where(raised, codes - 48, 0)], codes)


def _is_letter(codes: Codes) -> Bools:
    folded = codes | 0x20
    return ((folded >= 97) & (folded <= 122)) | ((codes >= 0xC0) & (codes < 0x250))


def is_digit_or_point(codes: Codes) -> Bools:
    """Which characters are digits or points: another one makes another figure."""
    return np.asarray(is_digit(codes) | (codes == _POINT), dtype=np.bool_)


def is_digit(codes: Codes) -> Bools:
    """Which code points are digits of ASCII."""
    return (codes >= 48) & (codes <= 57)


def _gap_is_space(codes: Codes, start: Floats, end: Floats, size: Floats) -> Bools:
    """Whether a gap before a character stands for a space: between Latin words and numbers only."""
    result = np.zeros(len(codes), dtype=np.bool_)
    letter, digit = _is_letter(codes), is_digit(codes)
    latin = letter | digit
    at = (latin[1:] & latin[:-1]).nonzero()[0] + 1
    numbers = digit[at] & digit[at - 1]
    result[at] = start[at] - end[at - 1] > np.where(numbers, _NUMBER_GAP, _WORD_GAP) * size[at]
    return result


def _wrapped_words(run: _Run, first_of_line: Bools, wraps: Bools, widths: Floats) -> Bools:
    """Whether a wrap stands for a space: between Latin words, at a printed space or where one more letter had room."""
    wrap = wraps & _is_letter(run.codes)
    at = wrap.nonzero()[0]
    before = run.codes[at - 1]
    wrap[at] = _is_letter(before) | is_digit(before) | np.isin(before, _CLOSING)
    if not wrap.any():
        return wrap
    wrap &= run.spaced | (_room(run, first_of_line, widths) >= run.end - run.start)
    return wrap


def _parted_numbers(run: _Run, first_of_line: Bools, wraps: Bools, widths: Floats) -> Bools:
    """Whether a wrap parts two numbers: the second would have fitted in the line above, so nothing cut it off there.

    Digits that stand one below the other, each alone in its line, are those of one number: a label set upright. Where
    one digit goes over (100.0, 0) the cell may have more padding than most.
    """
    digit = is_digit(run.codes)
    parted = wraps & digit
    parted[1:] &= digit[:-1]
    if not parted.any():
        return parted
    starts = first_of_line.nonzero()[0]
    length = np.diff(np.append(starts, len(run.codes)))
    line = np.cumsum(first_of_line) - 1
    is_stack = (length[line] == 1) & (length[line - 1] == 1)
    # The last character of the number that begins at each place.
    goes_on = (digit | np.isin(run.codes, _IN_NUMBER)) & ~np.append(first_of_line[1:], True)
    ends = np.where(goes_on, len(run.codes), np.arange(len(run.codes)))
    last = np.minimum.accumulate(ends[::-1])[::-1]
    needed = run.end[last] - run.start + np.where(last == np.arange(len(last)), _WIDE_PADDING, 0.0)
    parted &= ~is_stack & (_room(run, first_of_line, widths) >= needed)
    return parted


def _room(run: _Run, first_of_line: Bools, widths: Floats) -> Floats:
    """Room that is left, for each character, in the line before its own."""
    starts = first_of_line.nonzero()[0]
    length = np.maximum.reduceat(run.end, starts) - np.minimum.reduceat(run.start, starts)
    longest = widths - 2 * _PADDING
    np.maximum.at(longest, run.group[starts], length)
    line_before = np.cumsum(first_of_line) - 2
    return np.asarray(longest[run.group] - length[line_before])


_CLOSING: Final = np.array([ord(c) for c in ",.;:!?"], dtype=np.uint32)
_IN_NUMBER: Final = np.array([ord(c) for c in ",."], dtype=np.uint32)


def _strings(codes: Codes, spaced: Bools, parted: Bools, starts: Ints, group: Ints, count: int) -> list[str]:
    """Write the characters out as one string a group, with a space before each marked character."""
    shift = np.cumsum(spaced)
    out = np.full(len(codes) + int(shift[-1]), _SPACE, dtype="<u4")
    out[np.arange(len(codes)) + shift] = codes
    out[parted.nonzero()[0] + shift[parted] - 1] = ord(PARTED)
    whole = out.tobytes().decode("utf-32-le", "replace")
    begin = (starts + shift[starts]).tolist()
    texts = [""] * count
    for number, first, end in zip(group.tolist(), begin, [*begin[1:], len(whole)], strict=True):
        texts[number] = whole[first:end]
    return texts
