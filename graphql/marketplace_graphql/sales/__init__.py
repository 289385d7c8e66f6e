"""Sales, Saleor's older kind of promotion, as a face over promotions."""
