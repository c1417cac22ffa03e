"""What can be asked of catalog: one method a use case, each in one transaction."""
