"""`airflow_compat.sdk` has the stand-ins of `airflow.sdk`."""

from __future__ import annotations

import pytest

from airflow_compat import sdk
from airflow_compat._airflow.import_names import StandIn, names_of

_TABLE = names_of("airflow.sdk", "3")
assert _TABLE is not None
STAND_INS = {name: entry for name, entry in _TABLE.names.items() if isinstance(entry, StandIn) and name[0] != "_"}


def test_it_has_the_names_of_the_table() -> None:
    assert sorted(sdk.__all__) == sorted(STAND_INS)


@pytest.mark.parametrize("name", STAND_INS)
def test_a_name_is_the_stand_in_that_loaded_files_get(name: str) -> None:
    entry = STAND_INS[name]
    if not entry.module.endswith("._load_values"):
        assert getattr(sdk, name) is entry.resolve()
    else:
        assert hasattr(sdk, name)


def test_the_configuration_is_read_at_its_first_use() -> None:
    assert sdk.conf.getint("core", "parallelism") == 32
    with pytest.raises(AttributeError):
        _ = sdk.nothing  # type: ignore[attr-defined]
