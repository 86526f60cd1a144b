"""A callback by its import path and its arguments: what another process needs to call it."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidCallbackError
from .callback import callback_name
from .variable import is_sensitive, sensitive_keys

# What notifiers take that is a secret, and none by Airflow's words.
_SECRETS = ("integration_key", "webhook_endpoint")


@dataclass(frozen=True)
class CallbackPath:
    """Where a callback is, and what it is made of.

    Attributes:
        path: `module:name`; of a notifier, the path of its class.
        arguments: What a notifier is made with, or a partial has fixed, by name; JSON data.
    """

    path: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The callback's name, as `callback_name` has it for the callback itself."""
        return self.path.rpartition(":")[2].rpartition(".")[2]


def callback_path(callback: object) -> CallbackPath:
    """How another process finds a callback.

    Args:
        callback: An import path, `module:name`; a function, class or class method that is defined in a module; a
            `functools.partial` of one with arguments by name; or a notifier (an object that keeps what it was made with
            as `made_with`).

    Raises:
        InvalidCallbackError: Another process can't find it, or would have to be given a secret.
    """
    if isinstance(callback, CallbackPath):
        return CallbackPath(callback.path, _checked(callback.path, callback.arguments))
    if isinstance(callback, str):
        module, colon, name = callback.partition(":")
        if not (module and colon and name):
            raise InvalidCallbackError(f"callback={callback!r} isn't of the form module:name; write 'alerts:page'")
        return CallbackPath(callback)
    if isinstance(callback, functools.partial):
        if callback.args:
            raise InvalidCallbackError(
                f"callback {callback_name(callback)}: its partial has arguments by position; give them by name"
            )
        inner = callback_path(callback.func)
        return CallbackPath(inner.path, _checked(inner.path, {**inner.arguments, **callback.keywords}))
    made_with = getattr(callback, "made_with", None)
    if made_with is not None and not isinstance(callback, type):
        path = _path(type(callback))
        return CallbackPath(path, _checked(path, made_with()))
    return CallbackPath(_path(callback))


def load_callback(path: str) -> Any:
    """What is at `module:name`.

    Raises:
        InvalidCallbackError: There is nothing, or the module can't be imported.
    """
    module_name, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as exc:
        raise InvalidCallbackError(
            f"callback {path!r}: module {module_name!r} can't be imported here ({type(exc).__name__}: {exc}); the "
            "deployment that calls callbacks needs it on its path"
        ) from exc
    for part in name.split("."):
        if not hasattr(found, part):
            raise InvalidCallbackError(f"callback {path!r}: there is no {part!r} in {module_name!r}; mend the path")
        found = getattr(found, part)
    if not callable(found):
        raise InvalidCallbackError(f"callback {path!r} is a {type(found).__name__}, which can't be called")
    return found


def _path(callback: object) -> str:
    inner = getattr(callback, "__func__", callback)
    module, name = getattr(inner, "__module__", None), getattr(inner, "__qualname__", None)
    shown = callback_name(callback)
    owner = getattr(callback, "__self__", None)
    if owner is not None and isinstance(owner, type):
        name = f"{owner.__qualname__}.{shown}"
    elif owner is not None and not inspect.ismodule(owner):
        name = None
    if not module or not name:
        raise InvalidCallbackError(
            f"callback {shown}: it is an object of its own, which another process can't find; give its import path, "
            "'module:name'"
        )
    if module == "__main__":
        raise InvalidCallbackError(
            f"callback {shown} is defined in the script that is being run, which another process can't import; move it "
            "into a module"
        )
    if "<" in name:
        raise InvalidCallbackError(
            f"callback {shown} is defined inside a function or is a lambda, so that another process can't import it; "
            "move it to the top of its module, and give it a name"
        )
    return f"{module}:{name}"


def _checked(path: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in arguments.items():
        secrets = (
            [name] if value is not None and (name in _SECRETS or is_sensitive(name)) else list(sensitive_keys(value))
        )
        if secrets:
            raise InvalidCallbackError(
                f"callback {path!r}: its argument {secrets[0]!r} would stand readable on the server; keep it in a "
                "connection"
            )
    try:
        copied: dict[str, Any] = json.loads(json.dumps(arguments))
    except (TypeError, ValueError):
        odd = next((name for name, value in arguments.items() if not _is_json(value)), "")
        raise InvalidCallbackError(
            f"callback {path!r}: its argument {odd!r} is no JSON data, and can't be sent to another process; make the "
            "object in a module, and give its import path, 'module:name'"
        ) from None
    return copied


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
