"""What a hostile client sends: the cases that tests ask for the outcome of, and the bench for the time."""
