"""Badges: small pictures for other people's pages that say when a device was last seen.

They bring their own background, so they are as readable on a dark page as on a light one.
"""

from html import escape

__all__ = ["badge"]

_HEIGHT = 20
_PAD = 6
_HEART = (
    "M8 13.7C4.5 10.9 2 8.8 2 6.2 2 4.3 3.4 3 5.1 3c1.1 0 2.2.6 2.9 1.6C8.7 3.6 9.8 3 10.9 3"
    "C12.6 3 14 4.3 14 6.2c0 2.6-2.5 4.7-6 7.5z"
)
# Widths in the font of such badges (Verdana at 11), by classes of letters; the picture then
# stretches its text to what was reckoned, so that a browser with another font stays inside.
_WIDTHS = {**dict.fromkeys("ijl.,:;'| ", 3.6), **dict.fromkeys("ftrI()[]-", 4.8)} | {
    **dict.fromkeys("mwMW%@", 10.4),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&", 7.9),
}


def badge(label: str, message: str, colour: str) -> bytes:
    """The picture, as SVG: `label` on grey with a heart, `message` on `colour`."""
    left = _width(label) + 2 * _PAD + 16
    right = _width(message) + 2 * _PAD
    width = left + right
    label, message = escape(label), escape(message)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" role="img"'
        f' aria-label="{label}: {message}"><title>{label}: {message}</title>'
        f'<clipPath id="r"><rect width="{width}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{_HEIGHT}" fill="#444b54"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{colour}"/></g>'
        f'<path transform="translate(4 2)" d="{_HEART}" fill="#ff9aa8"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f'<text x="{_PAD + 16}" y="14" textLength="{left - 2 * _PAD - 16}">{label}</text>'
        f'<text x="{left + _PAD}" y="14" textLength="{right - 2 * _PAD}">{message}</text>'
        "</g></svg>"
    ).encode()


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(letter, 6.9) for letter in text)) or 1
