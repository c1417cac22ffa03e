"""The rules of carts, checkouts, orders and payments. Given the time and ids; knows no driver and no wire format."""
