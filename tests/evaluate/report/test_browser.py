"""Both reports in headless Chromium: width of a phone and of a desktop, light and dark, no complaint, no request."""

import html
import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from simengine.evaluate.gain.results import read_results
from simengine.evaluate.report.gain import gain_document
from simengine.evaluate.report.page import html_page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
EXAMPLE = Path(__file__).parents[1] / "gain" / "example.json"
LONG = "a_very_long_class_name_without_any_place_to_break_it_" * 3

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

MEASURE = """
const told = {};
let left = 2;
for (const frame of document.querySelectorAll('iframe')) {
  frame.addEventListener('load', () => {
    const page = frame.contentDocument, root = page.documentElement;
    const beyond = [...page.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1);
    const shown = name => [...page.querySelectorAll(name)].filter(e => e.getClientRects().length).length;
    told[frame.id] = {
      client: root.clientWidth, scroll: root.scrollWidth, height: root.scrollHeight,
      beyond: beyond.slice(0, 5).map(e => e.tagName + ' ' + (e.textContent || '').slice(0, 60)),
      narrow: shown('svg.narrow'), wide: shown('svg.wide'), heads: shown('thead'),
      scripts: page.scripts.length,
      requests: frame.contentWindow.performance.getEntriesByType('resource').map(e => e.name.slice(0, 60))
        .filter(n => !n.startsWith('data:')),
      ink: getComputedStyle(page.body).color, page: getComputedStyle(page.body).backgroundColor,
    };
    if (--left === 0) document.getElementById('told').textContent = JSON.stringify(told);
  });
  frame.srcdoc = document.getElementById('source').value;
}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report whose names are as long and hostile as names get."""
    folder = tmp_path_factory.mktemp("browser")
    cv2.imwrite(str(folder / "picture.jpg"), np.full((480, 640, 3), 90, np.uint8))
    text = EXAMPLE.read_text().replace('"value": "one"', f'"value": "{LONG}"').replace("real, plain", f"<b>{LONG}</b>")
    (folder / "gain.json").write_text(text)
    return html_page(gain_document(read_results(folder), folder))


def chromium(folder, *options, dark=False):
    """Runs the browser once; what it says goes to stderr."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr", f"--blink-settings=preferredColorScheme={0 if dark else 1}", *options,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, timeout=120, check=True)


def test_the_page_fits_phones_and_desktops_and_asks_for_nothing(tmp_path, page):
    frames = "".join(
        f'<iframe id="{name}" style="width:{width}px;height:800px"></iframe>'
        for name, width in (("phone", 390), ("desktop", 1280))
    )
    wrap = tmp_path / "wrap.html"
    wrap.write_text(
        f'<!doctype html><meta charset="utf-8">{frames}<textarea id="source">{html.escape(page)}</textarea><p id="told"></p>'
        f"<script>{MEASURE}</script>"
    )
    done = chromium(tmp_path, "--virtual-time-budget=20000", "--dump-dom", wrap.as_uri(), dark=True)
    text = done.stdout.decode().rsplit('<p id="told">', 1)[1].split("</p>")[0]
    told = json.loads(html.unescape(text))
    for name, width in (("phone", 386), ("desktop", 1276)):
        found = told[name]
        assert abs(found["client"] - width) <= 16
        assert found["scroll"] <= found["client"], found["beyond"]
        assert not found["beyond"] and not found["requests"] and not found["scripts"]
        assert found["page"] == "rgb(15, 19, 24)" and found["ink"] == "rgb(233, 237, 242)"
    assert told["phone"]["narrow"] and not told["phone"]["wide"] and not told["phone"]["heads"]
    assert told["desktop"]["wide"] and not told["desktop"]["narrow"] and told["desktop"]["heads"]
    complaints = [line for line in done.stderr.decode().splitlines() if "CONSOLE" in line]
    assert not complaints


def test_a_screenshot_shows_the_answer(tmp_path, page):
    file, shot = tmp_path / "report.html", tmp_path / "shot.png"
    file.write_text(page)
    chromium(tmp_path, "--window-size=1280,900", f"--screenshot={shot}", file.as_uri())
    picture = cv2.imread(str(shot))
    assert picture is not None and picture.shape == (900, 1280, 3)
    assert (picture[0, 0] == 255).all()
    assert 0.02 < (picture.min(axis=2) < 128).mean() < 0.5
    heading = picture[60:280, 200:1080]
    assert (heading.max(axis=2) < 60).mean() > 0.02  # large dark letters
