"""The invariants, one module for those that look at the same evidence; each yields its counter-examples."""
