"""Decrypts values that Airflow encrypted with `[core] fernet_key`."""

from __future__ import annotations

from collections.abc import Mapping

from ..._airflow.connection_uri import RefusedError

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"


class Decrypter:
    """Decrypts values with the Fernet keys in AIRFLOW__CORE__FERNET_KEY: one key, or several separated by commas."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        self._problem = (
            f"the value is encrypted, but {VARIABLE} is not set; set {VARIABLE} to Airflow's [core] fernet_key"
        )
        self._fernet: MultiFernet | None = None
        try:
            if environ.get(VARIABLE):
                self._fernet = MultiFernet([Fernet(key.strip()) for key in environ[VARIABLE].split(",")])
        except ValueError:
            self._problem = (
                f"the value is encrypted, but {VARIABLE} is not a Fernet key; set {VARIABLE} to Airflow's [core] "
                "fernet_key"
            )

    def text(self, token: str) -> str:
        """Return the decrypted text.

        Raises:
            RefusedError: The Fernet key is missing, invalid or not the key that encrypted the value.
        """
        from cryptography.fernet import InvalidToken

        if self._fernet is None:
            raise RefusedError(self._problem)
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, ValueError):
            raise RefusedError(
                f"the value is encrypted with a key that {VARIABLE} does not have; add that key to {VARIABLE} after a "
                "comma"
            ) from None
