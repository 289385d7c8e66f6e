"""Long texts that sellers write, shown without letting them do anything else."""

import json

from marketplace.pages.descriptions import html_of, paragraphs, plain_text_of


def blocks(*given: tuple[str, dict[str, object]]) -> str:
    return json.dumps({"blocks": [{"type": kind, "data": data} for kind, data in given]})


def test_paragraphs_headings_and_lists_become_html() -> None:
    text = blocks(
        ("header", {"level": 1, "text": "Tissé"}),
        ("paragraph", {"text": "En <b>laine</b>."}),
        ("list", {"style": "ordered", "items": ["Laver", {"content": "Sécher"}]}),
    )
    assert html_of(text) == ("<h2>Tissé</h2><p>En <b>laine</b>.</p><ol><li>Laver</li><li>Sécher</li></ol>")


def test_what_could_act_is_taken_out() -> None:
    text = blocks(
        ("paragraph", {"text": '<img src=x onerror="steal()"><script>steal()</script>Doux'}),
        ("paragraph", {"text": '<a href="javascript:steal()">ici</a>'}),
        ("html", {"html": "<iframe src=//elsewhere>"}),
    )
    html = html_of(text)
    assert "Doux" in html
    assert not any(word in html for word in ("steal", "onerror", "script", "iframe", "img"))


def test_no_description_is_an_empty_text() -> None:
    assert html_of(None) == ""
    assert plain_text_of(None) == ""


def test_a_summary_ends_with_a_whole_word() -> None:
    text = blocks(("paragraph", {"text": "Un tapis noué à la main <b>dans</b> l’Atlas"}))
    assert plain_text_of(text, limit=20) == "Un tapis noué à la…"
    assert plain_text_of(text) == "Un tapis noué à la main dans l’Atlas"


def test_a_story_has_its_paragraphs() -> None:
    assert paragraphs("Un.\r\n\r\nDeux,\ntrois.\n\n\n") == ["Un.", "Deux,\ntrois."]
