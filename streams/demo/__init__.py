"""Everything at once on one machine: simulated tills and web surveys, and the run that puts the parts together."""
