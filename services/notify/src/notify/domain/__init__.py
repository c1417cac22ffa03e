"""What a bell is, who hears what, and when a delivery is tried. No driver, no wire format."""
