"""What `python -m yeshi_local` can do, a file for what belongs together."""
