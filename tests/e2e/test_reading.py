"""The tests' own idea of a page that can be read: it must notice every fault, or the pictures prove nothing."""

from urllib.parse import quote

import pytest

from support.reading import faults

PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><body style="background: #fff">{}</body></html>'
IN_ORDER = "<main><h1>A page</h1><p>Some text</p></main>"


def open_page(browser, body):
    browser.open("data:text/html," + quote(PAGE.format(body)))


def test_a_page_in_order_has_no_fault(browser):
    open_page(browser, IN_ORDER)
    assert faults(browser) == []


@pytest.mark.parametrize(
    "body, fault",
    [
        pytest.param(IN_ORDER.replace("<p>", "<p style='color: #999'>"), "a contrast of 2.85", id="pale text"),
        pytest.param(
            IN_ORDER.replace("<p>", "<p style='background: rgb(0 0 0 / .6); color: #333'>"),
            "a contrast of",
            id="text on a veil",
        ),
        pytest.param(
            IN_ORDER + "<button style='background: #fff; border: 1px solid #ddd; padding: 1rem'>Go</button>",
            "the edge of button",
            id="a button without an edge",
        ),
        pytest.param(IN_ORDER + "<button style='width: 20px; height: 20px'>x</button>", "20 by 20", id="small"),
        pytest.param(IN_ORDER + "<button style='padding: 1rem'></button>", "without a name", id="no name"),
        pytest.param(IN_ORDER + "<input type=text>", "without a label", id="no label"),
        pytest.param(IN_ORDER + "<h3>Deep</h3>", "a level is left out", id="headings"),
        pytest.param("<main><p>Some text</p></main>", "headings", id="no heading"),
        pytest.param("<h1>A page</h1>", "not one main part", id="no main part"),
        pytest.param(IN_ORDER + "<div style='width: 3000px'>Wide</div>", "wide on a screen", id="too wide"),
        pytest.param("<main></main>", "no text", id="empty"),
    ],
)
def test_a_faulty_page_is_noticed(browser, body, fault):
    open_page(browser, body)
    assert any(fault in found for found in faults(browser)), faults(browser)
