"""The rules of shops, products and stock. Given the time and ids; knows no driver and no wire format."""
