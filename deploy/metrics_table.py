"""Write the table of metrics, made from the catalogue, to stdout.

python deploy/metrics_table.py >deploy/metrics.md
"""

import sys

from streams.metrics.catalogue import to_markdown

if __name__ == "__main__":
    sys.stdout.write(to_markdown())
