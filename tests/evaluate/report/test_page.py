"""The page and the Markdown of a document that strangers had their hands in."""

import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from simengine.evaluate.report.charts.histogram import histogram_overlay
from simengine.evaluate.report.document import (
    Cell,
    Code,
    Document,
    Fact,
    Figure,
    Fold,
    Gallery,
    Key,
    Paragraph,
    Picture,
    Section,
    Table,
)  # fmt: skip
from simengine.evaluate.report.markdown import markdown_text
from simengine.evaluate.report.page import html_page
from simengine.evaluate.report.write import write_report

EVIL = '<script src="https://evil.example/x.js">alert(1)</script>|`*_[a](http://evil.example)"\'![b](http://c)\n# x'
VOID = {"meta", "link", "img", "br", "hr"}


def document():
    jpeg = cv2.imencode(".jpg", np.zeros((20, 30, 3), np.uint8))[1].tobytes()
    picture = Picture(jpeg, 30, 20, EVIL, EVIL)
    figure = Figure(
        "a-figure", lambda width: histogram_overlay([0, 1, 2], [1, 0], [0, 1], width=width, title=EVIL), EVIL, EVIL
    )
    small = Figure("small", figure.draw, EVIL, small=True)
    table = Table((EVIL, "b"), ((Cell(EVIL, EVIL), Cell(EVIL, tone="good", chip=True)),), frozenset({1}))
    blocks = (
        Paragraph(EVIL), Key((("blue", EVIL),)), table, small, figure, Code(EVIL), Fold(EVIL, (Paragraph(EVIL), table)),
        Gallery("a-gallery", ((picture, picture),), (EVIL,), EVIL, EVIL),
    )  # fmt: skip
    return Document("quality", EVIL, EVIL, "good", (EVIL,), (Fact(EVIL, EVIL, EVIL),), (Section(EVIL, blocks, "a"),))


class Checked(HTMLParser):
    """Reads a page, holding that tags are balanced, and keeps what they ask for."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_balanced_and_asks_for_nothing():
    page = Checked(html_page(document()))
    names = {name for name, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "base", "audio", "video", "style src"}
    for name, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            value = attributes.get(key, "")
            assert not value or value.startswith(("data:", "#")), (name, key, value)
    policy = next(
        a["content"] for n, a in page.tags if n == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    style = html_page(document()).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style and "http" not in style


def test_hostile_names_are_shown_as_they_are():
    page = Checked(html_page(document()))
    assert any("<script src=" in text for text in page.text)
    images = [attributes for name, attributes in page.tags if name == "img"]
    assert len(images) == 2 and images[0]["alt"].startswith("<script") and images[0]["width"] == "30"


def test_it_is_readable_on_a_phone_and_in_the_dark():
    page = html_page(document())
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "prefers-color-scheme:dark" in page and "@media (max-width:640px)" in page
    assert 'lang="en"' in page and page.startswith("<!doctype html>")


def test_markdown_keeps_names_harmless():
    text = markdown_text(document())
    fenced = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert not re.search(r"(?<!\\)<\w", fenced) and not re.search(r"\w<(?!\\)", fenced)
    links = re.findall(r"(?<!\\)\[(?:\\.|[^\]\\])*\]\(([^)]*)\)", fenced)
    assert links and all(link.startswith("figures/") or link == "summary.png" for link in links)
    assert "http://" not in fenced and "https://" not in fenced
    rows = [line for line in fenced.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 4}
    assert len([line for line in fenced.splitlines() if line.startswith("# ")]) == 1


def test_markdown_is_read_by_a_reader_of_markdown():
    reader = pytest.importorskip("markdown_it")
    shown = reader.MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown_text(document()))
    page = Checked(shown.replace("<br />", "<br>").replace(" />", ">"))
    assert not {name for name, _ in page.tags} & {"script", "a"}
    assert all(a["src"].startswith(("figures/", "summary.png")) for n, a in page.tags if n == "img")


def test_the_report_on_disk(tmp_path):
    page = write_report(document(), tmp_path / "deep" / "report")
    assert page.name == "report.html" and page.read_text() == html_page(document())
    linked = set(re.findall(r"figures/[\w-]+\.png", (page.parent / "report.md").read_text()))
    files = {f"figures/{file.name}" for file in (page.parent / "figures").iterdir()}
    assert linked == files == {"figures/a-figure.png", "figures/a-gallery.png", "figures/small.png"}
    for file in files:
        assert cv2.imread(str(page.parent / file)) is not None
    before = {file: file.read_bytes() for file in page.parent.rglob("*.*")}
    write_report(document(), page.parent)
    assert {file: file.read_bytes() for file in page.parent.rglob("*.*")} == before
