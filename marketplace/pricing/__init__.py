"""What things cost: listing prices, taxes; later promotions, vouchers, gift cards."""
