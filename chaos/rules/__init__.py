"""What the rules of the interface say of records and figures, spelled out slowly; nothing of the product is in it."""
