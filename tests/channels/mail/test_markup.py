"""HTML is read as a person sees it: what is hidden is kept apart, what is shown is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.channels.mail.markup import MAX_NESTING, seen

HIDDEN = [
    "<p hidden>secret</p>",
    '<p style="display:none">secret</p>',
    '<p style="DISPLAY : none !important">secret</p>',
    '<p style="visibility:hidden">secret</p>',
    '<p style="font-size:0">secret</p>',
    '<p style="font-size:0px"><b>secret</b></p>',
    '<p style="font-size:1px">secret</p>',
    '<p style="font-size:0"><b style="font-size:1.2em">secret</b></p>',
    '<p style="opacity:0">secret</p>',
    '<p style="mso-hide:all">secret</p>',
    '<p style="max-height:0;overflow:hidden">secret</p>',
    '<p style="height:0px; width:0; overflow:hidden">secret</p>',
    '<p style="text-indent:-9999px">secret</p>',
    '<p style="position:absolute; left:-5000px">secret</p>',
    '<p style="color:transparent">secret</p>',
    '<p style="color:#fff">secret</p>',
    '<p style="color:#FDFDFD">secret</p>',
    '<p style="color:rgb(255, 255, 255)">secret</p>',
    '<font color="white">secret</font>',
    '<div style="background:#123456"><p style="color:#123456">secret</p></div>',
    '<table bgcolor="#000000"><tr><td>secret</td></tr></table>',
    '<style>.x, p.y {display:none}</style><p class="y">secret</p>',
    '<style>#x {font-size:0}</style><p id="x">secret</p>',
    "<title>secret</title>",
    "<template>secret</template>",
    "<!-- secret -->",
    '<script>"secret"</script>',
]
SHOWN = [
    '<p style="font-size:0"><span style="font-size:14px">words</span></p>',
    '<p style="font-size:0"><font size="2">words</font></p>',
    '<p style="font-size:0.9em">words</p>',
    '<p style="visibility:hidden"><b style="visibility:visible">words</b></p>',
    '<p style="color:#fff"><b style="color:#000">words</b></p>',
    '<font color="#ffffff"><a href="https://x.example">words</a></font>',
    '<p style="background:#000;color:#fff">words</p>',
    '<table><tr><td background="dark.png"><font color="white">words</font></td></tr></table>',
    '<p style="background:navy;color:#fff">words</p>',
    '<p style="background:url(dark.png);color:#fff">words</p>',
    '<style>.button {background:#005}</style><a class="button" style="color:#fff">words</a>',
    '<style>@media (max-width:600px) {.wide {display:none}}</style><p class="wide">words</p>',
    '<style>.x {display:none}</style><p class="X y">words</p>',
    '<p style="overflow:hidden;width:100%">words</p>',
    '<p style="max-height:none;overflow:hidden">words</p>',
    '<p style="opacity:0.9">words</p>',
    '<p aria-hidden="true">words</p>',
    '<p style="color:">words</p>',
    '<body bgcolor="white" text="black">words</body>',
    "words",
    "<p>words",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_what_a_person_does_not_see_is_not_read(html):
    assert seen(f"<p>before</p>{html}<p>after</p>").text.split() == ["before", "after"]


@pytest.mark.parametrize("html", [html for html in HIDDEN if "style=" in html or "hidden>" in html])
def test_what_is_hidden_is_kept_for_staff(html):
    assert seen(html).hidden == "secret"


@pytest.mark.parametrize("html", SHOWN)
def test_what_a_person_sees_is_read(html):
    assert (seen(html).text, seen(html).hidden) == ("words", "")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a <b>b</b>\n  c<i>d</i>", "a b cd"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<ul><li><p>one</p></li><li><p>two</p></li></ul>", "- one\n\n- two"),
        ("<table><tr><td>No</td><td>Yes</td></tr><tr><td>1</td></tr></table>", "No Yes\n1"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("Caf&eacute; &lt;b&gt; &amp; co", "Café <b> & co"),
        (
            'On Monday you wrote:<blockquote type="cite">old<br>words</blockquote>new',
            "On Monday you wrote:\n>\n> old\n> words\n\nnew",
        ),
        ("<blockquote>only set in</blockquote>", "only set in"),
        ("", ""),
    ],
)
def test_the_text_keeps_its_lines(html, text):
    assert seen(html).text == text


def test_html_that_nests_too_deep_keeps_its_words_and_is_called_damaged():
    deep = seen("<div>" * (MAX_NESTING + 1) + "Please help us")

    assert deep.is_damaged
    assert "Please help us" in deep.text


@given(
    html=st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div style=",
                '"',
                "<b",
                ">",
                "x",
                "&",
                "<!--",
                "<style>",
                "{",
                "}",
                "\0",
                "<td>",
            ]
        )
    ).map("".join)
)
def test_no_html_breaks_the_reading(html):
    seen(html)
