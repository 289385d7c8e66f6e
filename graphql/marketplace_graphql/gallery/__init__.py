"""How staff and sellers change what products are shown by."""
