"""Proof under faults: seeded load, faults from a plan, and an oracle that shares nothing with the product.

Run from a clone: `python -m chaos`, `python -m chaos.generate`, `python -m chaos.oracle`. The load, the rules and the
oracle import nothing of `streams`; the conductor starts its broker and its workers.
"""
