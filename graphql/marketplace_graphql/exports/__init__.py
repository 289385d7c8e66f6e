"""Files of products, gift cards and vouchers' codes, in Saleor's terms."""
