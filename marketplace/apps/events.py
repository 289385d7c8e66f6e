"""What the other rooms are told about apps. Each is published in the transaction in which it happens."""

from dataclasses import dataclass

from marketplace.apps.manifests import Manifest, ManifestWebhook


@dataclass(frozen=True, slots=True)
class ManifestRead:
    """A manifest is sound as far as this room can judge. Whoever knows webhooks judges those in it, and
    raises Errors, with `webhooks` as their field.
    """

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class AppMade:
    """An app was made from its manifest: its webhooks are to be made, too. It is not installed yet."""

    app_id: int
    webhooks: tuple[ManifestWebhook, ...]
