"""What media is about: documents, photos and their rules. No driver, no wire format, no clock of its own."""
