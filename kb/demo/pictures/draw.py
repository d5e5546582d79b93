"""Draws the guides' pictures anew: `python kb/demo/pictures/draw.py [chromium]`. Not needed to run the site.

The SVG beside it is the source; the PNG (720 px wide, shown at half of that) is what the loader takes. Needs a Chromium
and Pillow; the letters are the site's own Sarabun.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
FONTS = HERE.parents[2] / "static" / "fonts"
PAGE = """<!doctype html><style>
{faces} body {{ margin: 0 }} svg {{ display: block; font-family: S; fill: #1d2444 }} </style>{svg}"""
FACE = "@font-face {{ font-family: S; font-weight: {weight}; src: url(file://{path}); unicode-range: {range} }}"
RANGES = {"thai": "U+0E00-0E7F", "latin": "U+0000-00FF, U+2013"}


def draw(chromium: str) -> None:
    faces = " ".join(
        FACE.format(weight=weight, path=FONTS / f"sarabun-{script}-{weight}-normal.woff2", range=span)
        for script, span in RANGES.items()
        for weight in (400, 700)
    )
    for source in sorted(HERE.glob("*.svg")):
        svg = source.read_text(encoding="utf-8")
        width, height = (svg.split(f'{name}="')[1].split('"')[0] for name in ("width", "height"))
        target = source.with_suffix(".png")
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            page.write_text(PAGE.format(faces=faces, svg=svg), encoding="utf-8")
            subprocess.run(
                [chromium, "--headless", "--no-sandbox", "--hide-scrollbars", "--allow-file-access-from-files", f"--window-size={width},{height}",
                 "--virtual-time-budget=2000", f"--screenshot={target}", page.as_uri()],
                check=True, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        Image.open(target).convert("RGB").quantize(32).save(target, optimize=True)
        print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    draw(sys.argv[1] if len(sys.argv) > 1 else "chromium")
