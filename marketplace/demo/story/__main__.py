"""`make demo`: tells the story at a server that runs, or at one started for it."""

import sys

import typer

from marketplace.demo.story import server
from marketplace.demo.story.by_card import pay_by_card
from marketplace.demo.story.cast import Cast
from marketplace.demo.story.client import StoryBroken
from marketplace.demo.story.delivering import deliver
from marketplace.demo.story.listing import list_products
from marketplace.demo.story.measuring import figures_of, measure
from marketplace.demo.story.paying import pay_out
from marketplace.demo.story.shopping import shop
from marketplace.demo.story.tell import Story


def main(
    url: str = typer.Option("", help="A server that runs; none: the local one, or one of its own."),
) -> None:
    """Tell the main job, from a listing sheet to a payout; exit with 1 when a figure is wrong."""
    story = Story()
    try:
        with server.running(url or None) as (address, today):
            story.say(f"At {address}")
            tell(Cast(address, story, first_day=today))
    except StoryBroken as broken:
        print(f"\n ✘ The story broke off: {broken}", file=sys.stderr)
        raise typer.Exit(1) from broken
    if story.wrong:
        print(f"\n{len(story.wrong)} of {story.checked} figures are wrong: {'; '.join(story.wrong)}")
        raise typer.Exit(1)
    print(f"\nAll {story.checked} figures are what the rules say.")


def tell(cast: Cast) -> None:
    """All six acts in order."""
    list_products(cast)
    before = figures_of(cast, cast.sellers[0])
    shop(cast)
    pay_by_card(cast)
    deliver(cast)
    pay_out(cast)
    measure(cast, before)


if __name__ == "__main__":
    typer.run(main)
