"""The types of parameters that several commands have."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

Files: TypeAlias = Annotated[list[str], Parameter(consume_multiple=True, negative=())]
Flag: TypeAlias = Annotated[bool, Parameter(negative=())]
Isolation: TypeAlias = Literal["thread", "process"]
JsonFlag: TypeAlias = Annotated[bool, Parameter(name="--json", negative=())]
Many: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=())]
NotNegative: TypeAlias = Annotated[float, Parameter(validator=Number(gte=0))]
Version: TypeAlias = Literal["2", "3"]
