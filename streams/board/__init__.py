"""The board: brands, stores and the newest alerts on one page, read from the topics of scores, trends, alarms, alerts.

It keeps nothing: `reader` fills the read model (`model`) from the topics by what records mean (`intake`), `api` and
`live` show it, `guard` decides who may look, `sight` what is told to whom. A restart reads the topics again.
"""
