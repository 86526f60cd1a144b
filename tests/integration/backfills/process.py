"""A backfill in a separate process that tests kill: `process.py DEPLOYMENT START END`."""

from __future__ import annotations

import sys
from datetime import datetime

from airflow_compat.backfills import backfill

backfill(sys.argv[1], *map(datetime.fromisoformat, sys.argv[2:4]), max_active_runs=2)
