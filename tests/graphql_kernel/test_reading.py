"""Each kind of field gives what it declares, in one statement."""

from tests.graphql_kernel.conftest import NAJAT, STAFF, Ask


async def test_columns_are_written_as_their_graphql_types_want_them(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { id title subtitle rating weight printedOn created isbn binding labels body raw
             isRated again { title } } }"""
    )
    assert answer == {
        "data": {
            "book": {
                "id": "Qm9vazox",
                "title": "Argan",
                "subtitle": "An oil",
                "rating": 4.5,
                "weight": 0.35,
                "printedOn": "2020-02-29",
                "created": "2026-01-01T10:30:00+00:00",
                "isbn": "00000000-0000-0000-0000-000000000001",
                "binding": "HARD",
                "labels": ["oil", "tree"],
                "body": '{"blocks": [1, "a \\"quoted\\" word"]}',
                "raw": {"blocks": [1, 'a "quoted" word']},
                "isRated": True,
                "again": {"title": "Argan"},
            }
        }
    }
