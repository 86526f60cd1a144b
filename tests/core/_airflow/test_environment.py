"""Reads variables of the environment."""

from __future__ import annotations

from airflow_compat._airflow.environment import environment_value


class AsciiEnvironment(dict[str, str]):
    """Refuses names outside ASCII, as `os.environ` does in the locale C."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        name.encode("ascii")
        return super().get(name, default)


def test_a_name_that_the_locale_cannot_encode_is_not_set() -> None:
    environ = AsciiEnvironment(AIRFLOW_VAR_A="1")
    assert environment_value(environ, "AIRFLOW_VAR_A") == "1"
    assert environment_value(environ, "AIRFLOW_VAR_SPÄTI") is None
