"""The public API: Saleor's contract, with many sellers. It only translates."""
