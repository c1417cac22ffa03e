"""The market's people, acting through the public API: for the demonstration, the seeded market and the tests."""
