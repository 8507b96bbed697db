"""The board: brands, stores and the newest alerts on one page, read from `nps.scores` and `followup.alerts`.

It keeps nothing: `reader` fills the read model (`model`) from the topics, `api` and `live` show it, `guard` decides who
may look. A restart reads the topics again.
"""
