"""The stand-in's memory on disk, so that yesterday's orders of an installation can be refunded today."""

import json
import os
from pathlib import Path

from marketplace.payments.stand_ins.stripe.world import World


def save(world: World, path: Path) -> None:
    """Write all that happened, whole or not at all. Answers to idempotency keys are not kept."""
    with world.lock:
        kept = {
            "objects": world.objects,
            "owners": world.owners,
            "secrets": world.secrets,
            "due": world.due,
            "waiting": [delivery.event["id"] for delivery in world.outbox.waiting],
        }
        text = json.dumps(kept)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    os.replace(draft, path)  # noqa: PTH105 - says that it replaces


def load(world: World, path: Path) -> None:
    """Remember what was saved. Without a file the world begins empty."""
    if not path.exists():
        return
    kept = json.loads(path.read_text())
    with world.lock:
        world.objects.update(kept["objects"])
        world.owners.update(kept["owners"])
        world.secrets.update(kept["secrets"])
        world.due += [(at, what, subject) for at, what, subject in kept["due"]]
        world.outbox.waiting += [world.outbox.delivery(world.objects[event]) for event in kept["waiting"]]
