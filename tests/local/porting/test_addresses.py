"""Each stand-in can be imported from a public module."""

from __future__ import annotations

import itertools
from importlib import import_module
from types import ModuleType

import pytest

from airflow_compat._airflow.import_names import StandIn, modules
from airflow_compat._airflow.public_names import Address, address_of
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.porting._addresses import look_up

BOTH: tuple[AirflowVersion, ...] = ("2", "3")
STAND_INS = {
    (module, name): entry
    for release in BOTH
    for module, names in modules(release).items()
    for name, entry in names.names.items()
    if isinstance(entry, StandIn)
}
OF_LOADS = "airflow_compat.dags._load_values"


@pytest.mark.parametrize("entry", dict.fromkeys(STAND_INS.values()), ids=lambda entry: f"{entry.module}.{entry.name}")
def test_its_address_is_public_and_has_it(entry: StandIn) -> None:
    address = address_of(entry)
    assert not any(part.startswith("_") for part in address.module.split("."))
    found = getattr(import_module(address.module), address.name)
    if entry.module != OF_LOADS and not isinstance(found, ModuleType):
        assert found is entry.resolve()


@pytest.mark.parametrize("place", STAND_INS, ids=".".join)
def test_a_name_is_looked_up_in_both_releases(place: tuple[str, str]) -> None:
    found = look_up(*place)
    assert isinstance(found, Address)
    assert found == address_of(STAND_INS[place])


def test_both_releases_have_the_same_stand_in() -> None:
    places = [
        {(module, name): entry for module, names in modules(release).items() for name, entry in names.names.items()}
        for release in BOTH
    ]
    different = [
        place
        for place in places[0].keys() & places[1].keys()
        if isinstance(places[0][place], StandIn) and isinstance(places[1][place], StandIn)
        if places[0][place] != places[1][place]
    ]
    assert different == []


def test_no_two_stand_ins_have_one_address() -> None:
    entries = sorted(dict.fromkeys(STAND_INS.values()), key=lambda entry: str(address_of(entry)))
    for address, group in itertools.groupby(entries, address_of):
        objects = [entry.resolve() if entry.module != OF_LOADS else entry.name for entry in group]
        assert all(each is objects[0] for each in objects), address
