"""Act five: a run is made, approved by another, sent by a worker, answered by the bank."""

import csv
import io
import re

from marketplace.demo.story.cast import Cast, balance_of
from marketplace.demo.story.client import Client, Data, StoryBroken, dirhams, minor


def pay_out(cast: Cast) -> None:
    """Act five: a run is made, approved by another, sent by a worker, answered by the bank."""
    story = cast.story
    story.act("5. The payout run")
    first, second = cast.staff("finance"), cast.staff("finance2")
    made = first.mutate("create_run", currency="MAD", vendors=[seller.id for seller in cast.sellers])[
        "payoutRun"
    ]
    amounts = {payout["vendor"]["id"]: minor(payout["amount"]["amount"]) for payout in made["payouts"]}
    for seller in cast.sellers:
        story.check(
            f"{seller.name} will get",
            dirhams(amounts.get(seller.id, 0)),
            dirhams(seller.payable_before_minor + seller.earning_minor),
        )
    empty = first.payload("create_run", currency="MAD", vendors=[seller.id for seller in cast.sellers])
    story.check_that("A second run finds nothing more to pay", bool(empty["errors"]))
    own = first.payload("approve_run", id=made["id"])
    story.check_that("Who made the run can't approve it", bool(own["errors"]))
    first.mutate("review_run", id=made["id"])
    second.mutate("approve_run", id=made["id"])
    sent = first.wait_for("The payout run's sending", lambda: _run_that_is(first, made["id"], "SENT"))
    story.say(f"Sent to the bank as {sent['messageId']}.")
    _read_bank_files(cast, first, sent, amounts)
    _read_statements(cast, first, sent)
    _answer(cast, first, sent, amounts)


def _read_bank_files(cast: Cast, staff: Client, run: Data, amounts: dict[str, int]) -> None:
    story = cast.story
    files = {file["name"].rsplit(".", 1)[-1]: staff.http.get(file["url"]).text for file in run["files"]}
    control = re.search(r"<NbOfTxs>(\d+)</NbOfTxs>\s*<CtrlSum>([\d.]+)</CtrlSum>", files["xml"])
    story.check(
        "pain.001: transfers and control sum",
        (int(control[1]), minor(control[2])) if control else None,
        (len(amounts), sum(amounts.values())),
    )
    ribs = re.findall(r"<Othr>\s*<Id>(\d{24})</Id>", files["xml"])
    story.check("… to accounts whose RIB key is right", sum(int(rib) % 97 == 0 for rib in ribs), len(amounts))
    lines = list(csv.reader(io.StringIO(files["csv"]), delimiter=";"))
    story.check("Lines of the CSV, its heading aside", len(lines) - 1, len(amounts))
    unsigned = Client(cast.url).http.get(run["files"][0]["url"].split("?")[0].rsplit("/", 1)[0] + "/forged")
    story.check_that("A forged address opens no bank file", unsigned.status_code in {403, 404})


def _read_statements(cast: Cast, staff: Client, run: Data) -> None:
    story = cast.story
    for payout in run["payouts"]:
        pdfs = {
            statement["languageCode"]: staff.http.get(statement["file"]["url"]).content
            for statement in payout["statements"]
        }
        story.check(
            f"{payout['vendor']['name']}: statements as PDF",
            sorted(language for language, pdf in pdfs.items() if pdf.startswith(b"%PDF")),
            ["AR", "FR"],
        )


def _answer(cast: Cast, staff: Client, run: Data, amounts: dict[str, int]) -> None:
    """The bank confirms two transfers; the third comes back, and is payable again."""
    story = cast.story
    returned = cast.sellers[-1]
    told = io.StringIO()
    writer = csv.writer(told, delimiter=";")
    writer.writerow(["end_to_end_id", "status", "reason"])
    for payout in run["payouts"]:
        came_back = payout["vendor"]["id"] == returned.id
        writer.writerow([payout["endToEndId"], *(["RETURNED", "Compte clos"] if came_back else ["PAID", ""])])
    answer = told.getvalue().encode()
    told_twice = [staff.upload("import_answer", "reponse.csv", answer, id=run["id"]) for _ in range(2)]
    payload = told_twice[-1]
    if payload["errors"]:
        raise StoryBroken(f"the bank's answer was refused: {payload['errors']}")
    states = {payout["vendor"]["id"]: payout["status"] for payout in payload["payoutRun"]["payouts"]}
    story.check("The run", payload["payoutRun"]["status"], "CLOSED")
    for seller in cast.sellers:
        balance = balance_of(staff, seller)
        if seller is returned:
            story.check(f"{seller.name}", states[seller.id], "RETURNED")
            story.check("… payable again", dirhams(balance["payable"]), dirhams(amounts[seller.id]))
        else:
            story.check(f"{seller.name}", states[seller.id], "PAID")
            story.check(
                "… paid, and nothing left to pay",
                (
                    dirhams(balance["paid"] - seller.paid_before_minor),
                    balance["payable"],
                    balance["inTransit"],
                ),
                (dirhams(amounts[seller.id]), 0, 0),
            )


def _run_that_is(staff: Client, run: str, status: str) -> Data | None:
    seen: Data = staff.run("run", id=run)["payoutRun"]
    return seen if seen["status"] == status else None
