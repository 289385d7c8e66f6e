"""What comes of asking an app for the taxes of something: of a checkout, or of an order that staff change."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import app_taxes
from marketplace.checkout.asking_for_taxes import Wanting, checkout_told
from marketplace.checkout.tax_answers import TaxAnswer
from marketplace.kit.errors import NotFoundError
from marketplace.orders.baskets import open_basket
from marketplace.orders.editing import editable
from marketplace.orders.errors import NotEditableError
from marketplace.orders.models import Order, VendorOrder
from marketplace.orders.rewriting import rewrite


async def told(session: AsyncSession, wanting: Wanting, answer: TaxAnswer) -> None:
    """Tax a checkout or an order as an app has said. What is another by now, or can't be changed any more, is
    left as it is.
    """
    if wanting.kind == "Checkout":
        await checkout_told(session, wanting, answer)
        return
    try:
        basket = await editable(session, wanting.key)
    except (NotFoundError, NotEditableError):
        return
    app_taxes.offer_answer(basket, wanting.base, answer)
    await rewrite(session, basket)


async def check_taxes(session: AsyncSession, order: Order, parts: list[VendorOrder]) -> None:
    """Price a locked order anew that was priced without its taxes being known. Raises TaxesUnknownError."""
    basket = await open_basket(session, order, parts)
    await rewrite(session, basket)
    app_taxes.check(basket)
