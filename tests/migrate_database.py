"""Makes Prefect's tables in the database that the settings name, by Prefect's own migrations.

The embedded PostgreSQL has no pg_trgm, so the indexes that need it are left out: they only make searches by a part of
a name faster.
"""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import op
from prefect.server.database.dependencies import provide_database_interface

_execute = op.execute


def _without_trigrams(statement: Any, **options: Any) -> None:
    if "trgm" not in str(statement):
        _execute(statement, **options)


op.execute = _without_trigrams
asyncio.run(provide_database_interface().create_db())
