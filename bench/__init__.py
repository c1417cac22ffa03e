"""What is measured, and beside what. `python -m bench` runs it."""
