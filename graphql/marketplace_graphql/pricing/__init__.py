"""What lowers a price: promotions, vouchers, gift cards."""
