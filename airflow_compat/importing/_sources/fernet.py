"""What Airflow encrypted with `[core] fernet_key`, decrypted."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"


class UndecryptedError(ValueError):
    """Why a text can't be decrypted."""


class Decrypter:
    """Decrypts with the environment's key, or with whichever of several: Airflow rotates keys that way."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        self._problem = f"it is encrypted, and {VARIABLE} is not set; set it to Airflow's [core] fernet_key"
        self._fernet: MultiFernet | None = None
        if not environ.get(VARIABLE):
            return
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in environ[VARIABLE].split(",")])
        except ValueError:
            self._problem = (
                f"it is encrypted, and {VARIABLE} is not a Fernet key; set it to Airflow's [core] fernet_key"
            )

    def text(self, token: str) -> str:
        """The text behind a token.

        Raises:
            UndecryptedError: There is no key, or not the right one.
        """
        from cryptography.fernet import InvalidToken

        if self._fernet is None:
            raise UndecryptedError(self._problem)
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, ValueError):
            raise UndecryptedError(
                f"it is encrypted with another key than {VARIABLE} has; add that key behind a comma"
            ) from None
