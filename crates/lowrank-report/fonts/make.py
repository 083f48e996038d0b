"""Makes the fonts of the figures from Liberation Sans 2: python3 make.py FOLDER_OF_LIBERATION (needs fonttools).

A subset (Latin, Greek, signs of mathematics) with angle brackets added, under a name of its own, as the licence asks of
changed fonts.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

NAME = "Lowrank Sans"
SIGNS = "ϕϑϵ–—‘’“”•…′←↑→↓↔∂∆∏∑−√∞∫≈≠≤≥⟨⟩"
KEPT = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x384, 0x3CF), *map(ord, SIGNS)]
# Strokes as thick as those of parentheses, as high as they are.
THICKNESS, TOP, BOTTOM = 150, 1480, -420
LEAN = {"Regular": 0.0, "Italic": 0.21}


def bracket(tip, open_side, lean):
    """A chevron that points from `open_side` to `tip`."""
    inward = THICKNESS if open_side > tip else -THICKNESS
    middle = (TOP + BOTTOM) / 2
    places = [(open_side, TOP), (tip, middle), (open_side, BOTTOM)]
    places += [(x + inward, y) for x, y in reversed(places)]
    if open_side < tip:
        places.reverse()
    pen = TTGlyphPen(None)
    for i, (x, y) in enumerate(places):
        place = (round(x + lean * y), round(y))
        pen.moveTo(place) if i == 0 else pen.lineTo(place)
    pen.closePath()
    return pen.glyph()


for style, lean in LEAN.items():
    font = TTFont(Path(sys.argv[1]) / f"LiberationSans-{style}.ttf", recalcTimestamp=False)
    advance = font["hmtx"]["parenleft"][0]
    near, far = 110, advance - 110 - THICKNESS
    for char, tip, open_side in [("⟨", near, far), ("⟩", advance - near, advance - far)]:
        name = f"uni{ord(char):04X}"
        font.setGlyphOrder([*font.getGlyphOrder(), name])
        glyph = bracket(tip, open_side, lean)
        font["glyf"][name] = glyph
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (advance, glyph.xMin)
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[ord(char)] = name
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG", "FFTM", "GDEF", "GPOS", "GSUB", "kern"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=KEPT)
    subsetter.subset(font)
    full = f"{NAME} {style}"
    names = {1: NAME, 2: style, 3: full, 4: full, 6: full.replace(" ", "", 1).replace(" ", "-")}
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.string)
    font.save(f"LowrankSans-{style}.ttf")
