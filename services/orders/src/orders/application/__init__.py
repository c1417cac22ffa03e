"""What can be asked of orders: one method a use case."""
