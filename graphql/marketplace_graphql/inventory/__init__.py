"""Stock in Saleor's terms: warehouses, stocks, allocations."""
