"""The page that stands alone: whatever was said, nothing in it runs, loads anything, or looks like something else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.display import display
from hfs.persistence import MessageModel, SessionModel
from hfs.transfer.exporters.web_page import EXPORTER
from tests.transfer.exporters.page import Page

PAYLOADS: Final = {
    "clipboard": "\x1b]52;c;aGk=\x07",
    "title": "\x1b]0;pwned\x1b\\",
    "clear": "\x1b[2J\x1b[?1049l\x1b[6n",
    "terminal link": "\x1b]8;;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\",
    "device": "\x1bPq\x1b\\",
    "C1": "\x9b31m\x9d0;x\x9c\x85",
    "controls": "\x00\r\x08\x07\x0b\x0c\x7f",
    "bidi": "\u202egnp.exe\u202c\u2066\u2069\u200e\u200f\u061c",
    "separators": "a\u2028b\u2029c",
    "tags": "\ufff9\U000e0041",
    "surrogate": "\ud800x",
    "action": "[@click=app.pwn]x[/]",
    "broken markup": "[/nope] [link=file:///x]y",
    "script": "<script>alert(1)</script><SCRIPT src=//evil.example></SCRIPT>",
    "handler": "<img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "breaking out": "</div></section></details></main></style></title></script><script>alert(1)</script>",
    "attribute": "\"><script>alert(1)</script> ' onmouseover='alert(1)",
    "comment": "<!-- --><!DOCTYPE x><?x?><![CDATA[x]]>",
    "entities": "&lt;script&gt; &#60;script&#62; &#x202e; &#27;[2J &NewLine;",
    "policy": '<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">',
    "style": "<style>@import 'https://evil.example';</style><link rel=stylesheet href=//evil.example>",
    "frame": "<iframe src=https://evil.example></iframe><form action=//evil.example><input></form>",
    "javascript": "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](&#106;avascript:x) <javascript:x>",
    "more javascript": "[a](java\nscript:x) [b]( javascript:x) [c](\x01javascript:x) [d](javascript&colon;x)",
    "other schemes": "[a](vbscript:x) [b](file:///etc/passwd) [c](data:text/html,<script>) [d](vscode://x) [e](smb://h/x)",
    "programs": "[a](ssh://host/-oProxyCommand=x) [b](/etc/passwd) [c](../../x.desktop) [d](//evil.example) [e](#m1)",
    "references": "[a][b] ![c][b]\n\n[b]: javascript:alert(1)\n[c]: data:text/html,x",
    "pixels": "![](https://evil.example/pixel.png) ![x](//evil.example/x) ![y](data:image/svg+xml,<svg/onload=x>)",
    "data in a link": "[a](data:image/png;base64,AAAA) <data:image/png,x>",
    "quotes in a link": '[a](https://e.example/"onmouseover="x) [b](https://e.example \'x" onclick="y\')',
    "quotes in an image": '![a" onerror="x](https://e.example/"x) ![<b>](https://e.example)',
    "fence": '```"><script>alert(1)</script>\nx\n```\n\n```html\n<script>alert(1)</script>\n</code></pre>\n```',
    "table": '|a|\n|:-:"><script>|\n\n|a|\n|-|\n|<script>|',
}


def everywhere(payload: str) -> SessionModel:
    """A session that says it wherever something can be said."""
    call = {"id": payload, "name": payload, "arguments": {payload: payload}}
    file = {"name": payload, "type": payload, "content": payload}
    carried = {"reasoning": payload, "tool_calls": [call, {"function": call}], "attachments": [file]}
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    roles = ("user", "assistant", "system", "tool", payload)
    messages = [
        MessageModel(at, 1, role, payload, moment, payload, payload, dict(carried)) for at, role in enumerate(roles, 1)
    ]
    messages.append(MessageModel(6, 1, "tool", payload, moment, None, None, {"hidden": payload, "name": payload}))
    return SessionModel(1, payload, payload, "user", moment, moment, messages)


@pytest.mark.parametrize("payload", [pytest.param(text, id=name) for name, text in PAYLOADS.items()])
def test_nothing_that_was_said_runs_or_loads_or_steers(payload: str) -> None:
    data = EXPORTER.render(everywhere(payload))
    page = Page(data)
    assert page.policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert display(data.decode()) == data.decode()
    assert not {"javascript:", "data:", "file:"} & {link.partition(":")[0].lower() + ":" for link in page.links}
    for said in display(payload).split("\n"):
        assert said.strip("\t ") in page.text


@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(PAYLOADS.values())),
            st.sampled_from(["\n", "\n\n", "```", "`", "*", "_", "~~", "[", "](", ")", "<", ">", "|", "\\", "&", "- "]),
            st.text(max_size=8),
        ),
        max_size=12,
    ).map("".join)
)
def test_no_mixture_of_such_things_breaks_out_of_its_place(text: str) -> None:
    data = EXPORTER.render(everywhere(text))
    Page(data)
    assert display(data.decode()) == data.decode()


def test_the_page_asks_for_nothing() -> None:
    page = EXPORTER.render(everywhere("x")).decode()
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert not [word for word in ("url(", "@import", "@font-face", "http", "expression") if word in style]
    assert page.index("Content-Security-Policy") < page.index("<style>")
