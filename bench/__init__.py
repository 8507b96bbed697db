"""The measured comparisons: `make bench`, or `python -m bench --help`.

One machine, a real Kafka on one core and the process under test on another. What is measured, and against which goal,
stands in `goals`; `catchup`, `stock`, `restore`, `latency` and `memory` measure one thing each. The main figure is CPU
seconds of the process under test: neighbours move it less than the wall clock.
"""
