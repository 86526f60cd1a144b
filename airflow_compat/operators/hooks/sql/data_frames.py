"""Reads data frames from queries, as Airflow's `DbApiHook.get_df` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from importlib import import_module
from typing import Any, Literal

from ....errors import MissingPackageError, UnsupportedFeatureError

Kind = Literal["pandas", "polars"]


class DataFrames:
    """Mixin class with the methods of `DbApiHook` that return data frames."""

    get_conn: Any

    def get_df(self, sql: str | list[str], parameters: Any = None, *, df_type: Kind = "pandas", **kwargs: Any) -> Any:
        """Run a query, and return its rows as a data frame.

        Args:
            sql: The query.
            parameters: The query's parameters, in the form that the driver expects.
            df_type: The library of the data frame, `pandas` or `polars`.
            kwargs: Arguments of `pandas.read_sql` or `polars.read_database`.

        Raises:
            MissingPackageError: The data frame library is not installed.
            ValueError: `df_type` is not the name of a supported library.
        """
        if df_type == "pandas":
            with self._frame_connection() as conn:
                return _module("pandas.io.sql").read_sql(sql, con=conn, params=parameters, **kwargs)
        if df_type == "polars":
            with closing(self.get_conn()) as conn:
                return _module("polars").read_database(sql, connection=conn, **_options(parameters), **kwargs)
        raise ValueError(f"Unsupported df_type: {df_type}")

    def get_df_by_chunks(
        self,
        sql: str | list[str],
        parameters: Any = None,
        *,
        chunksize: int,
        df_type: Kind = "pandas",
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Run a query, and yield data frames with up to `chunksize` rows. See `get_df`."""
        if df_type not in ("pandas", "polars"):
            raise ValueError(f"Unsupported df_type: {df_type}")
        with closing(self.get_conn()) as conn:
            if df_type == "pandas":
                yield from _module("pandas.io.sql").read_sql(
                    sql, con=conn, params=parameters, chunksize=chunksize, **kwargs
                )
            else:
                yield from _module("polars").read_database(
                    sql, connection=conn, batch_size=chunksize, **_options(parameters), **kwargs
                )

    def get_pandas_df(self, sql: str | list[str], parameters: Any = None, **kwargs: Any) -> Any:
        """Return a data frame of pandas. An older method that `get_df` has replaced."""
        return self.get_df(sql, parameters, df_type="pandas", **kwargs)

    def get_pandas_df_by_chunks(
        self, sql: str | list[str], parameters: Any = None, *, chunksize: int, **kwargs: Any
    ) -> Iterator[Any]:
        """Yield data frames of pandas. An older method that `get_df_by_chunks` has replaced."""
        return self.get_df_by_chunks(sql, parameters, chunksize=chunksize, df_type="pandas", **kwargs)

    def _frame_connection(self) -> AbstractContextManager[Any]:
        """Return the database connection from which pandas reads."""
        return closing(self.get_conn())


def _options(parameters: Any) -> dict[str, Any]:
    if parameters is None:
        return {}
    if not isinstance(parameters, Mapping):
        raise UnsupportedFeatureError("Data frames of polars take parameters as a dict. Pass a dict, or use pandas.")
    return {"execute_options": dict(parameters)}


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as exc:
        package = name.partition(".")[0]
        raise MissingPackageError(f"{package} is not installed. Run `pip install {package}`", name=package) from exc
