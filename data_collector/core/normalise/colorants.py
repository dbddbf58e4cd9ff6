"""Colour words in many languages, and the one RFC 3805 name each of them means.

1. A description that names one colour is trusted before the colorant table, which firmware mixes up.
2. A description that names several colours decides nothing, except for the three of a tri-colour cartridge.
3. Matte black is RFC 3805's black: matte is a finish (matteInk, matteToner), which the description tells.
4. Letters (K, C, M, Y, LC ...) count only when they stand alone, in brackets, or last: after a colon ("Toner Low: C")
   or after the word for a supply ("Toner C"). A list of them (Bk-C-M-Y) names several colours.
"""

import re
from functools import lru_cache
from typing import Final

WORDS: Final = {
    "black": (
        "black blk bk schwarz noir noire negro negra nero nera preto preta zwart svart sort musta czarny czarna"
        " czarne czerń černá černý čierna crna crno fekete negru siyah чёрный черный чёрная черная"
        " чёрного черного чорний черен μαύρο μαυρο 黑色 黑 黒 ブラック 검정 검은색 블랙 أسود שחור"
    ),
    "cyan": (
        "cyan zyan cian ciano cyaan syaani cyjan azurová azúrová cijan siyan голубой голубая голубого блакитний"
        " циан κυανό κυανο 青色 青 シアン 시안 청록 سماوي ציאן"
    ),
    "magenta": (
        "magenta purpurová purpurowy пурпурный пурпурная пурпурного пурпуровий маджента ματζέντα"
        " ματζεντα 品红 品红色 洋红 洋红色 洋紅 マゼンタ マゼンダ 마젠타 자홍 أرجواني מגנטה"
    ),
    "yellow": (
        "yellow gelb jaune amarillo amarilla amarelo amarela giallo gialla geel gul keltainen żółty żółta żółte"
        " žlutá žltá žuta sárga galben sarı жёлтый желтый жёлтая желтая жёлтого желтого жовтий жълт κίτρινο"
        " κιτρινο 黄色 黄 黃 イエロー 노랑 노란색 옐로 옐로우 أصفر צהוב"
    ),
    "gray": "gray grey grau gris grigio cinza cinzento grijs grå harmaa szary šedá серый сірий 灰色 灰 グレー 회색",
    "red": "red rot rouge rojo rosso vermelho красный レッド",
    "green": "green grün vert verde zielony зелёный зеленый 緑 绿色 グリーン",
    "blue": "blue blau bleu azul blu синий 蓝色 ブルー",
    "orange": "orange naranja arancione оранжевый オレンジ",
    "violet": "violet violett violeta фиолетовый",
    "white": "white weiß blanc blanco bianco branco белый 白色 ホワイト",
    "clear": "clear transparent",
}
"""Colour: the words for it."""

LIGHT: Final = frozenset(["light", "lt", "hell", "clair", "claro", "chiaro", "licht", "ljus", "светлый"])
DARK: Final = frozenset(["dark", "dunkel", "foncé", "oscuro", "scuro"])
PHOTO: Final = frozenset(["photo", "foto", "フォト", "фото"])
_PHOTO_PART: Final = re.compile(r"\b(?:photo|foto)[\s-]?(?:drum|conduct|trommel|leiter)", re.IGNORECASE)
"""Drums, whose black is black."""

LETTERS: Final = {
    "k": "black", "bk": "black", "pk": "photo black", "mk": "black", "c": "cyan", "m": "magenta", "y": "yellow",
    "lc": "light cyan", "lm": "light magenta", "lk": "light gray", "gy": "gray", "lgy": "light gray",
    "pgbk": "black", "mbk": "black", "pbk": "photo black", "dgy": "dark gray",
    "r": "red", "g": "green", "b": "blue", "or": "orange", "v": "violet",
    "cmy": "tri-color",
}  # fmt: skip
TRI_COLOR: Final = frozenset(["cyan", "magenta", "yellow"])
TRI_COLOR_NAME: Final = "tri-color"
_TRI_WORDS: Final = re.compile(r"\b(tri|multi)-?colou?r\b|\bcolou?r (cartridge|ink)\b", re.IGNORECASE)

NOTHING: Final = frozenset(["none", "other", "unknown", "nocolor", "no color", "-", "n/a"])

_SPELLINGS: Final = {word: colour for colour, words in WORDS.items() for word in words.split()}
_CJK: Final = tuple(sorted((word for word in _SPELLINGS if ord(word[0]) > 0x2E00), key=len, reverse=True))
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN: Final = re.compile(r"[^\W\d_]+")
_KEPT_MAX: Final = 2048
_KEPT_LENGTH_MAX: Final = 256
"""Texts whose colour is remembered: printers say the same ones at each reading."""
_LONE_LETTERS: Final = re.compile(
    r"^\W*([a-z]{1,4})\W*$|[(\[]([a-z]{1,4})[)\]]|(?::\s*|\b(?:toner|ink|drum|cartridge|tinte|trommel)[\s-])([a-z]{1,3})\W*$",
    re.IGNORECASE,
)
_LETTER_LIST: Final = re.compile(r"\W*[a-z]{1,3}(?:\s*[-/,+&]\s*[a-z]{1,3})+\W*", re.IGNORECASE)

HEX_COLOURS: Final = {
    "000000": "black", "00ffff": "cyan", "ff00ff": "magenta", "ffff00": "yellow", "808080": "gray",
    "ff0000": "red", "00ff00": "green", "0000ff": "blue", "ffffff": "white",
    "e0ffff": "light cyan", "80ffff": "light cyan", "ffe0ff": "light magenta", "ff80ff": "light magenta",
    "d3d3d3": "light gray", "c0c0c0": "light gray",
}  # fmt: skip
"""Values of IPP's marker-colors."""
CHANNEL_LOW_MAX: Final = 0x40
CHANNEL_HIGH_MIN: Final = 0xC0


def colour_in(text: str) -> str | None:
    """The one colour that text names; None when it names none, or several."""
    return _kept(text) if len(text) <= _KEPT_LENGTH_MAX else _read(text)


@lru_cache(_KEPT_MAX)
def _kept(text: str) -> str | None:
    return _read(text)


def _read(text: str) -> str | None:
    if _TRI_WORDS.search(text):
        return TRI_COLOR_NAME
    folded = _CAMEL.sub(" ", text).casefold()
    tokens = _TOKEN.findall(folded)
    if len(tokens) > 1 and _LETTER_LIST.fullmatch(text) and all(token in LETTERS for token in tokens):
        return TRI_COLOR_NAME if {LETTERS[token] for token in tokens} == TRI_COLOR else None
    colours = {_SPELLINGS[token] for token in tokens if token in _SPELLINGS}
    if not colours:
        rest = folded
        for word in _CJK:
            if word in rest:
                colours.add(_SPELLINGS[word])
                rest = rest.replace(word, " ")
    if len(colours) == 1:
        colour = colours.pop()
        return _shade(colour, folded, frozenset(tokens))
    if colours == TRI_COLOR:
        return TRI_COLOR_NAME
    letters = _LONE_LETTERS.search(folded) if not colours else None
    return LETTERS.get(letters[1] or letters[2] or letters[3]) if letters else None


def colour_named(value: str) -> str | None:
    """The colour of a colorant table's or a device's own name; a vendor's name stays as it is."""
    folded = value.casefold().strip()
    if not folded or folded in NOTHING:
        return None
    return colour_in(value) or folded[:64]


def colour_of_hex(value: str) -> str | None:
    """The colour of an IPP marker-colors value such as #00FFFF, or of a name in its place."""
    parts = [part.casefold() for part in value.split("#") if part]
    if not value.startswith("#"):
        return colour_named(value)
    colours = {HEX_COLOURS.get(part) or _near(part) for part in parts}
    if len(colours) == 1:
        return colours.pop()
    return TRI_COLOR_NAME if colours == TRI_COLOR else None


def _near(part: str) -> str | None:
    """The colour of which a maker took a shade to its liking: #00CFFF is cyan; None for one that lies between."""
    if not re.fullmatch(r"[0-9a-f]{6}", part):
        return None
    channels = [int(part[place : place + 2], 16) for place in (0, 2, 4)]
    if any(CHANNEL_LOW_MAX < channel < CHANNEL_HIGH_MIN for channel in channels):
        return None
    return HEX_COLOURS["".join("ff" if channel >= CHANNEL_HIGH_MIN else "00" for channel in channels)]


def _shade(colour: str, folded: str, tokens: frozenset[str]) -> str:
    if colour in ("cyan", "magenta", "gray") and (tokens & LIGHT or any(w in folded for w in ("淡", "浅", "ライト"))):
        return f"light {colour}"
    if colour == "gray" and tokens & DARK:
        return "dark gray"
    if colour == "black" and tokens & PHOTO and not _PHOTO_PART.search(folded):
        return "photo black"
    return colour
