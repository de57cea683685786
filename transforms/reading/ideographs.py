"""Radicals, compatibility ideographs and hyphens that PDF producers write in place of ordinary characters."""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np

from transforms.reading.page import Bools, Codes

FREQUENT: Final = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
    "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共"
    "确传师观清今切院让识候带导争运笔算绩效评项单预执率值标况偏差析改措施初级质益济态持续影响服满财拨款转余际元称占例填联负责编码型号序采购额收支备注街办县镇村局委"
)
"""Ideographs that make up most of any Chinese text, and most of the labels of forms."""

_RADICALS_SUPPLEMENT: Final = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺌小⺍小⺎兀⺏尣⺐尢⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王"
    "⺫目⺬示⺭礻⺯糹⺰纟⺱罓⺲罒⺴冗⺶羊⺹耂⺺肀⺻聿⺼肉⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门"
    "⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀"
)
"""Pairs of radical and ordinary ideograph that Unicode calls equivalent but its normal forms leave apart."""

_KANGXI: Final = {"⼾": "户", "⾭": "青"}
"""Kangxi radicals whose normal form (戶, 靑) is not what Chinese documents print with the same glyph."""

_BLOCKS: Final = ((0x2E80, 0x2FE0), (0xF900, 0xFB00), (0x2F800, 0x2FA20))
_SUPPLEMENT: Final = dict(zip(_RADICALS_SUPPLEMENT[::2], _RADICALS_SUPPLEMENT[1::2], strict=True)) | _KANGXI


def _table(first: int, end: int) -> Codes:
    """Ordinary code point of each code point of a block; itself where it has none of one character."""
    table = np.arange(first, end, dtype=np.uint32)
    for code in range(first, end):
        char = chr(code)
        ordinary = _SUPPLEMENT.get(char) or unicodedata.normalize("NFKC", char)
        if len(ordinary) == 1:
            table[code - first] = ord(ordinary)
    return table


_HYPHENS: Final = (0x2010, 0x2012)
_TABLES: Final = (
    (*_HYPHENS, np.full(2, ord("-"), dtype=np.uint32)),
    *((first, end, _table(first, end)) for first, end in _BLOCKS),
)


def ordinary_codes(codes: Codes) -> Codes:
    """Map Kangxi radicals, the radicals supplement and compatibility ideographs to ordinary characters.

    So are U+2010 and U+2011, which many fonts draw with the glyph of the keyboard's hyphen. Everything else, full-width
    punctuation and digits included, stays as printed.

    Example:
        >>> codes = np.array([ord(c) for c in "⼈⻔（１‑２"], dtype=np.uint32)
        >>> "".join(map(chr, ordinary_codes(codes)))
        '人门（１-２'
    """
    if not len(codes) or codes.max() < _HYPHENS[0]:
        return codes
    result = codes
    for first, end, table in _TABLES:
        inside = (codes >= first) & (codes < end)
        if inside.any():
            result = result.copy() if result is codes else result
            result[inside] = table[codes[inside] - first]
    return result


def is_unseen(codes: Codes) -> Bools:
    """Whether characters leave no ink and no space: soft hyphens, joiners, marks of direction, separators."""
    return _UNSEEN[np.minimum(codes, _LAST_OF_PLANE)]


_LAST_OF_PLANE: Final = 0xFFFF


def marked(*parts: int | range) -> Bools:
    """A table of the code points up to U+FFFF in which some are marked; what lies beyond is looked up as U+FFFF.

    Example:
        >>> marked(32, range(0x41, 0x43))[[32, 33, 0x42]].tolist()
        [True, False, True]
    """
    table = np.zeros(_LAST_OF_PLANE + 1, dtype=np.bool_)
    for part in parts:
        table[part if isinstance(part, int) else slice(part.start, part.stop)] = True
    return table


_UNSEEN_PARTS: Final = (range(0x200B, 0x2010), 0xAD, 0x2028, 0x2029, 0x2060, 0xFEFF)
_UNSEEN: Final = marked(*_UNSEEN_PARTS)
_WHITE: Final = marked(*_UNSEEN_PARTS, 32, 13, 10, 9, 0xA0, 0x3000, range(0x2000, 0x200B))


def is_white(codes: Codes) -> Bools:
    """Whether characters are white space, or unseen."""
    return _WHITE[np.minimum(codes, _LAST_OF_PLANE)]
