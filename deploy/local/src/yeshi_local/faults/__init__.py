"""Faults under load: a driver that writes a ledger, a killer with a seed, evidence, and a checker of what must hold."""
