"""All sellers' papers of a month, each seller's in a transaction of its own: what is done stays done."""

from datetime import date

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payouts.papers.commission_invoices import due, issue_of_month
from marketplace.payouts.papers.parties import issuer_of


async def issue_month(database: Database, settings: Settings, month: date) -> list[str]:
    """Issue what is not issued yet; gives the numbers. Raises InvalidError, IssuerMissingError."""
    issuer_of(settings)
    async with database.transaction() as session:
        sellers = await due(session, month)
    numbers: list[str] = []
    for vendor_id, currency in sellers:
        async with database.transaction() as session:
            papers = await issue_of_month(session, settings, vendor_id, currency, month)
            numbers += [paper.number for paper in papers]
    return numbers
