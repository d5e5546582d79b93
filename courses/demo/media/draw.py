"""Draws break-even.mp4 and its poster from break-even.html, frame by frame. By hand, when the drawing changes.

    apt-get install ffmpeg chromium
    python courses/demo/media/draw.py

The drawing is a page, so that Chromium shapes the Thai text with the site's own font. 38 seconds, silent, no sound track;
H.264 because every phone plays it, with its index in front so that it starts before all of it has arrived. The captions
(break-even.th.vtt, break-even.en.vtt) are written by hand; `courses.demo.load` brings everything in by media.yaml.
"""

import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
WIDTH, HEIGHT, FPS, SECONDS, POSTER_AT = 640, 360, 12, 38, 25
ENCODE = (
    f"ffmpeg -y -loglevel error -f image2pipe -framerate {FPS} -c:v png -i - "
    "-c:v libx264 -preset veryslow -tune animation -crf 27 -pix_fmt yuv420p -movflags +faststart"
)


def draw() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--allow-file-access-from-files"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto((FOLDER / "break-even.html").as_uri())
        page.evaluate("draw(40); document.fonts.ready")
        page.wait_for_timeout(300)
        encoder = subprocess.Popen([*ENCODE.split(), str(FOLDER / "break-even.mp4")], stdin=subprocess.PIPE)
        for frame in range(FPS * SECONDS):
            page.evaluate(f"draw({frame / FPS})")
            encoder.stdin.write(page.screenshot())
        encoder.stdin.close()
        if encoder.wait():
            raise SystemExit("ffmpeg could not encode the frames")
        page.evaluate(f"draw({POSTER_AT})")
        page.screenshot(path=FOLDER / "break-even.jpg", type="jpeg", quality=70)
        browser.close()


if __name__ == "__main__":
    draw()
