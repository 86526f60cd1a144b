"""The types of parameters that several commands have."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

Files: TypeAlias = Annotated[list[str], Parameter(consume_multiple=True, negative=())]
Flag: TypeAlias = Annotated[bool, Parameter(negative=())]
Isolation: TypeAlias = Literal["thread", "process"]
JsonFlag: TypeAlias = Annotated[bool, Parameter(name="--json", negative=())]
Many: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=())]
Version: TypeAlias = Literal["2", "3"]
