"""Use cases: enrolling devices, taking their readings, answering how many people came."""
