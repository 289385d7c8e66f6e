"""Tables of what banks tell us of."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from marketplace.kit.models import Base
from marketplace.payments.gateways.notices import Notice, Refusals


class BankNotification(Notice, Base):
    """Something that a bank has told us of. Its id is the gateway's and the bank's own for it."""

    __tablename__ = "bank_notification"
    __table_args__ = (Index(None, "created_at"),)

    gateway: Mapped[str]
    reference: Mapped[str]
    """Our name for the payment that it is about: nothing else of it is kept."""


class BankRefusal(Refusals, Base):
    """How many notifications a day had that no bank of ours had signed, or that did not fit."""

    __tablename__ = "bank_refusal"
