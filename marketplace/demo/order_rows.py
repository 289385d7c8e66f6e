"""The rows of placed orders: the order, each seller's part, lines, parcels, pieces set aside, history."""

from datetime import datetime

from marketplace.demo.buyers import address_rows, write_address
from marketplace.demo.orders import Bought, Part, Placed
from marketplace.demo.payments import Paid
from marketplace.demo.world import World
from marketplace.inventory.models import Allocation
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderEvent,
    OrderLine,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.orders.status import HANDED_OVER, status_of_order

LEFT = frozenset({*HANDED_OVER, VendorOrderStatus.REFUSED})


class OrderRows:
    """Writes orders."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("order rows")
        tables = world.tables
        self.addresses = address_rows(world)
        self.orders = tables.of(
            Order,
            """
            id number status channel_id user_id user_email checkout_id language_code billing_address_id
            shipping_address_id shipping_method_id shipping_method_name currency subtotal_gross_minor
            subtotal_net_minor shipping_gross_minor shipping_net_minor shipping_tax_rate_bp
            undiscounted_total_gross_minor undiscounted_total_net_minor total_gross_minor
            total_net_minor total_authorized_minor total_charged_minor authorize_status charge_status
            is_demo metadata created_at updated_at
            """,
        )
        self.parts = tables.of(
            VendorOrder,
            """
            id order_id vendor_id position status currency weight_grams subtotal_gross_minor
            subtotal_net_minor shipping_gross_minor shipping_net_minor total_gross_minor total_net_minor
            shipped_at delivered_at withdrawal_ends_at created_at updated_at
            """,
        )
        self.lines = tables.of(
            OrderLine,
            """
            id order_id vendor_order_id variant_id category_id position product_name variant_name
            translated_product_name translated_variant_name product_sku picture_path quantity
            quantity_fulfilled currency tax_rate_bp tax_class_name unit_gross_minor unit_net_minor
            undiscounted_unit_gross_minor undiscounted_unit_net_minor total_gross_minor total_net_minor
            """,
        )
        self.allocations = tables.of(Allocation, "order_line_id stock_id quantity")
        self.fulfilments = tables.of(
            Fulfillment,
            """
            id order_id vendor_order_id fulfillment_order status warehouse_id tracking_number delivered_at
            created_at updated_at
            """,
        )
        self.fulfilment_lines = tables.of(FulfillmentLine, "fulfillment_id order_line_id stock_id quantity")
        self.events = tables.of(OrderEvent, "order_id vendor_order_id type at user_id parameters")

    def write(self, order: Placed, paid: Paid) -> None:
        """One order with everything that hangs on it, but its money."""
        address_id = write_address(self.world, self.addresses, order.buyer, self.chance)
        self._write_order(order, paid, address_id)
        position = 0
        for part in order.parts:
            self._write_part(order, part)
            for line in part.lines:
                position += 1
                self._write_line(order, part, line, position)
        self._write_parcels(order)
        self._write_history(order)

    def _write_order(self, order: Placed, paid: Paid, address_id: int) -> None:
        buyer, method, total = order.buyer, order.method, order.total
        goods_gross = sum(part.subtotal.gross_minor for part in order.parts)
        goods_net = sum(part.subtotal.net_minor for part in order.parts)
        changes = [part.changed_at for part in order.parts if part.changed_at]
        rate_bp = self.world.rate_bp(
            order.parts[0].seller.regime,
            self.world.tax_classes["delivery"][0],
            buyer.place.country_code,
            order.placed_at.date(),
        )
        self.orders.add(
            order.id, order.number, status_of_order([part.status for part in order.parts]), order.market.id,
            buyer.user_id, buyer.email, paid.checkout_id, buyer.language, address_id, address_id, method.id,
            getattr(method.names, buyer.language), order.market.currency, goods_gross, goods_net,
            total.gross_minor - goods_gross, total.net_minor - goods_net, rate_bp, total.gross_minor,
            total.net_minor, total.gross_minor, total.net_minor, paid.authorized_minor, paid.charged_minor,
            paid.authorize_status, paid.charge_status, True, {"demo": "true"}, order.placed_at,
            max(changes, default=order.placed_at),
        )  # fmt: skip

    def _write_part(self, order: Placed, part: Part) -> None:
        self.parts.add(
            part.id, order.id, part.seller.id, part.position, part.status, order.market.currency,
            part.weight_grams, part.subtotal.gross_minor, part.subtotal.net_minor, part.shipping.gross_minor,
            part.shipping.net_minor, part.total.gross_minor, part.total.net_minor, part.shipped_at,
            part.delivered_at, part.withdrawal_ends_at, order.placed_at, part.changed_at or order.placed_at,
        )  # fmt: skip

    def _write_line(self, order: Placed, part: Part, line: Bought, position: int) -> None:
        listing, variant, totals, language = line.listing, line.variant, line.totals, order.buyer.language
        has_left = part.status in LEFT
        is_translated = language != "fr"
        variant_name = getattr(variant.names, language) if is_translated else ""
        self.lines.add(
            line.id, order.id, part.id, variant.id, listing.category_id, position, listing.names.fr,
            variant.names.fr, getattr(listing.names, language) if is_translated else "",
            variant_name if variant_name != variant.names.fr else "", variant.sku, listing.picture,
            line.quantity,
            line.quantity if has_left else 0, order.market.currency, line.rate_bp, listing.tax_class_name,
            totals.unit.gross_minor, totals.unit.net_minor, totals.undiscounted_unit.gross_minor,
            totals.undiscounted_unit.net_minor, totals.total.gross_minor, totals.total.net_minor,
        )  # fmt: skip
        if part.status is VendorOrderStatus.UNFULFILLED:
            self.allocations.add(line.id, variant.stock_id, line.quantity)

    def _write_parcels(self, order: Placed) -> None:
        """What was handed to carriers, numbered as it left."""
        left = sorted(
            (part for part in order.parts if part.shipped_at),
            key=lambda part: part.shipped_at or order.placed_at,
        )
        for number, part in enumerate(left, 1):
            key = self.world.numbers.next("fulfillment")
            refused = part.status is VendorOrderStatus.REFUSED
            tracking = f"DEMO{self.chance.randint(0, 10**9 - 1):09d}MA"
            self.fulfilments.add(
                key, order.id, part.id, number,
                FulfillmentStatus.RETURNED if refused else FulfillmentStatus.FULFILLED,
                part.seller.warehouse_id, tracking, part.delivered_at, part.shipped_at, part.changed_at,
            )  # fmt: skip
            for line in part.lines:
                self.fulfilment_lines.add(key, line.id, line.variant.stock_id, line.quantity)
            self._remember(
                order,
                part,
                part.shipped_at,
                "FULFILLMENT_FULFILLED_ITEMS",
                {"fulfillment_id": key, "tracking_number": tracking},
            )

    def _write_history(self, order: Placed) -> None:
        self.events.add(order.id, None, "PLACED", order.placed_at, order.buyer.user_id, {})
        for part in order.parts:
            if part.status is VendorOrderStatus.CANCELED:
                self._remember(
                    order, part, part.canceled_at, "FULFILLMENT_RESTOCKED_ITEMS", {"what": "canceled"}
                )
            elif part.status is VendorOrderStatus.REFUSED:
                self._remember(order, part, part.arrived_at, "FULFILLMENT_RETURNED", {"what": "refused"})
            elif part.status is VendorOrderStatus.DELIVERED:
                self._remember(order, part, part.arrived_at, "OTHER", {"what": "delivered"})

    def _remember(
        self, order: Placed, part: Part, at: datetime | None, kind: str, parameters: dict[str, object]
    ) -> None:
        self.events.add(order.id, part.id, kind, at, None, parameters)
