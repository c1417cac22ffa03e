"""The shared kernel: rules and facts that several services decide by. It knows no wire format and no driver."""
