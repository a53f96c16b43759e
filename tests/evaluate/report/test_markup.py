import html
from html.parser import HTMLParser

import pytest

from simengine.evaluate.report.markup import Markup, plain, tag

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "a\x00b\u202ec\u2028d",
]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text):
    reader = Reader()
    reader.feed(tag("p", text, title=text))
    assert [name for name, _ in reader.tags] == ["p"]
    assert set(reader.tags[0][1]) == {"title"}
    assert reader.text == plain(text) == reader.tags[0][1]["title"]


def test_only_what_tag_made_is_markup():
    inner = tag("b", "x < y")
    assert tag("p", inner, " & z") == "<p><b>x &lt; y</b> &amp; z</p>"
    assert tag("p", str(inner)) == f"<p>{html.escape(inner, quote=False)}</p>"
    assert isinstance(tag("p"), Markup)


def test_attributes_by_python_names():
    assert tag("img", class_="a", data_title="b", hidden=True, alt=None) == '<img class="a" data-title="b" hidden>'
    assert tag("svg", viewbox="0 0 1 1", stroke_width=2) == '<svg viewBox="0 0 1 1" stroke-width="2"></svg>'


def test_control_and_direction_marks_are_dropped():
    assert plain("a\x00b\u202ec\nd\ud800") == "abc d"
    assert plain("Würfel 骰子 🎲") == "Würfel 骰子 🎲"
