"""The invariants by what they speak of. Each takes the ledger and the evidence and answers its violations, in words."""
