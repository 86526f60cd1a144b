"""Read Airflow's configuration: the environment, an `airflow.cfg`, and Airflow's defaults."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from configparser import Error, RawConfigParser
from string import Template
from typing import Any, TypeVar

from ..errors import AirflowCompatError
from ..exceptions import AirflowConfigException
from .configuration_defaults import DEFAULTS, OLD_KEYS
from .environment import environment_value
from .version import AirflowVersion

T = TypeVar("T")

_TRUE = ("t", "true", "1")
_FALSE = ("f", "false", "0")


class ConfigurationError(AirflowCompatError, AirflowConfigException):
    """An option of Airflow's configuration is missing or invalid, or an `airflow.cfg` can't be read."""


class Configuration:
    """Airflow's `conf`: an option comes from `AIRFLOW__SECTION__KEY`, from `airflow.cfg`, or from the defaults."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        airflow_version: AirflowVersion,
        text: str = "",
        file: str = "airflow.cfg",
        values: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Parse the text of an `airflow.cfg`.

        Args:
            environ: The environment, which is read at each call.
            airflow_version: The Airflow release whose defaults apply.
            text: The content of an `airflow.cfg`.
            file: The path of the `airflow.cfg`, for messages.
            values: Defaults that depend on this installation, such as `dags_folder`.

        Raises:
            ConfigurationError: The text is not in the format of an `airflow.cfg`.
        """
        self._environ, self._release = environ, airflow_version
        self._values = {**(values or {})}
        self._file = _read(text, file)

    def get(self, section: str, key: str, *, fallback: Any = ..., **_: Any) -> Any:
        """Return the text of an option.

        Args:
            section: The section.
            key: The key.
            fallback: The value to return for a missing option; if no fallback is given, a missing option is an error.
            **_: Airflow's other arguments, such as `suppress_warnings`, are ignored.

        Raises:
            ConfigurationError: The option is missing, and `fallback` is not given.
        """
        value = self._find(section.lower(), key.lower())
        if value is not None:
            return value
        if fallback is not ...:
            return fallback
        raise ConfigurationError(
            f"section/key [{section}/{key}] not found in config. Set {_variable(section, key)}, or pass fallback=."
        )

    def getboolean(self, section: str, key: str, **options: Any) -> bool:
        """Return an option as a boolean. The arguments and errors are those of `get`."""
        value = str(self.get(section, key, **options)).lower().partition("#")[0].strip()
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        raise ConfigurationError(
            f'Failed to convert value to bool. Please check "{key}" key in "{section}" section: use True or False'
        )

    def getint(self, section: str, key: str, **options: Any) -> int:
        """Return an option as an integer. The arguments and errors are those of `get`."""
        return self._converted(int, section, key, options)

    def getfloat(self, section: str, key: str, **options: Any) -> float:
        """Return an option as a number. The arguments and errors are those of `get`."""
        return self._converted(float, section, key, options)

    def getlist(self, section: str, key: str, delimiter: str = ",", **options: Any) -> Any:
        """Return the parts of an option, split at the delimiter. The arguments and errors are those of `get`."""
        value = self.get(section, key, **options)
        return [each.strip() for each in value.split(delimiter)] if isinstance(value, str) else value

    def getjson(self, section: str, key: str, fallback: Any = None, **options: Any) -> Any:
        """Return an option as decoded JSON. The arguments and errors are those of `get`."""
        value = self.get(section, key, fallback=None, **options)
        return self._converted(json.loads, section, key, options) if value else fallback

    def get_mandatory_value(self, section: str, key: str, **options: Any) -> str:
        """Return the text of an option. The arguments and errors are those of `get`."""
        return str(self.get(section, key, **options))

    def has_option(self, section: str, option: str) -> bool:
        """Return True if the option has a value."""
        return self._find(section.lower(), option.lower()) is not None

    def getsection(self, section: str) -> dict[str, Any] | None:
        """Return the options of a section; None if the section has no options."""
        name = section.lower()
        start = f"AIRFLOW__{name.upper()}__"
        keys = {key for (each, key) in [*DEFAULTS[self._release], *self._values] if each == name}
        keys |= {key for (each, key) in self._file if each == name}
        keys |= {each.removeprefix(start).lower() for each in self._environ if each.startswith(start)}
        return {key: self._find(name, key) for key in sorted(keys)} or None

    def _find(self, section: str, key: str) -> str | None:
        places = ((section, key), *OLD_KEYS.get((section, key), ()))
        given = (
            value
            for place in places
            for value in (environment_value(self._environ, _variable(*place)), self._file.get(place))
        )
        defaults = (self._values.get(place, DEFAULTS[self._release].get(place)) for place in places)
        return next((self._expanded(value) for value in (*given, *defaults) if value is not None), None)

    def _expanded(self, value: str) -> str:
        if "$" not in value and "{" not in value:
            return value
        home = self._values.get(("core", "airflow_home"), "")
        return Template(value).safe_substitute(self._environ).replace("{AIRFLOW_HOME}", home)

    def _converted(self, convert: Callable[[Any], T], section: str, key: str, options: Mapping[str, Any]) -> T:
        value = self.get(section, key, **options)
        try:
            return convert(value)
        except (TypeError, ValueError):
            if value is None:
                return value  # type: ignore[return-value]
            raise ConfigurationError(
                f'Failed to convert value to {convert.__name__}. Please check "{key}" key in "{section}" section.'
            ) from None


def _read(text: str, file: str) -> Mapping[tuple[str, str], str]:
    """Return the options of an `airflow.cfg` by section and key."""
    if not text:
        return {}
    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error as exc:
        raise ConfigurationError(
            f"{file}: not an airflow.cfg: {str(exc).partition(chr(10))[0]}. Correct the file."
        ) from None
    return {(section, key): value for section in parser.sections() for key, value in parser.items(section)}


def _variable(section: str, key: str) -> str:
    return f"AIRFLOW__{section.replace('.', '_').upper()}__{key.upper()}"
