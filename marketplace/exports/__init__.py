"""Files of products, gift cards and vouchers' codes, made for staff who ask for them."""
