"""Runs real Airflow operators in another interpreter, in which Airflow is installed.

```python
from airflow_compat import dags
from airflow_compat.hosting import AirflowHost

host = AirflowHost(python="/opt/airflow/bin/python")
flow = dags.load_flow("dags/warehouse.py:load", host=host)
```
"""

from __future__ import annotations

from ._host import AirflowHost
from ._settings import configured_host

__all__ = ["AirflowHost", "configured_host"]
