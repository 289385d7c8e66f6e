"""What happens at Stripe without anybody asking: slow refunds arrive, banks decide disputes."""

from collections.abc import Callable

from marketplace.payments.stand_ins.stripe import accounts, disputes, payouts, refunds
from marketplace.payments.stand_ins.stripe.world import World

HAPPENINGS: dict[str, Callable[[World, str], object]] = {
    "account is approved": accounts.approve,
    "payout arrives": payouts.arrive,
    "refund succeeds": refunds.succeed,
    "refund fails": refunds.fail,
    "dispute is won": lambda world, dispute: disputes.decide(world, dispute, won=True),
    "dispute is lost": lambda world, dispute: disputes.decide(world, dispute, won=False),
}


def let_time_pass(world: World) -> None:
    """All that is to happen later happens now."""
    with world.lock:
        while world.due:
            _, what, subject = world.due.pop(0)
            HAPPENINGS[what](world, subject)


def do_what_is_due(world: World) -> None:
    """What is to happen by now."""
    with world.lock:
        due = [one for one in world.due if one[0] <= world.now()]
        world.due[:] = [one for one in world.due if one not in due]
        for _, what, subject in due:
            HAPPENINGS[what](world, subject)
