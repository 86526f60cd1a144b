"""Check callbacks, which take one argument (the context), and convert them to import paths.

Another process loads a callback by its import path and stored arguments.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from ..errors import InvalidCallbackError
from .hidden_secrets import hidden_secret, names_secret

Callback: TypeAlias = Callable[[Any], Any]

Kind: TypeAlias = Literal["on_failure", "on_success", "on_retry", "on_execute", "on_skipped"]
"""The events after which Airflow calls a callback; each has the name of a decorator of this package."""

KINDS: tuple[Kind, ...] = get_args(Kind)


def check_callbacks(kind: str, callbacks: Iterable[object]) -> tuple[Callback, ...]:
    """Return the callbacks in order, with lists flattened. `kind` appears in messages.

    Raises:
        InvalidCallbackError: No callback was given, or a callback cannot be called with one argument.
    """
    flat = [each for given in callbacks for each in (given if isinstance(given, list) else [given])]
    if not flat:
        raise InvalidCallbackError(f"{kind}() needs a callback. Put @{kind}(my_callback) above @flow or @task")
    return tuple(_checked_callable(kind, callback) for callback in flat)


def callback_name(callback: object) -> str:
    """Return a callback's name for logs: the name of its function, of its partial's function, or of its class."""
    inner = getattr(callback, "func", callback)
    return getattr(inner, "__name__", None) or type(inner).__name__


def is_async(callback: Callback) -> bool:
    """Return True if a call returns a coroutine or an asynchronous generator."""
    inner = getattr(callback, "func", callback)
    call = getattr(type(inner), "__call__", None)  # noqa: B004 - only the method that a call runs counts
    return any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in (inner, call))


def _checked_callable(kind: str, callback: object) -> Callback:
    if not callable(callback):
        raise InvalidCallbackError(
            f"{kind}({callback!r}): an object of type {type(callback).__name__} can't be called. Pass the function "
            "itself, not its name or its result"
        )
    try:
        inspect.signature(callback).bind(object())
    except TypeError:
        raise InvalidCallbackError(
            f"{kind}({callback_name(callback)}): the callback can't be called with one argument, the context. Define "
            f"`def {callback_name(callback)}(context): ...`"
        ) from None
    except ValueError:
        # Callables written in C may have no signature.
        pass
    return callback


# Names of notifiers' arguments whose values are secret, although the names contain none of Airflow's words for secrets.
_SECRETS = ("integration_key", "webhook_endpoint")


@dataclass(frozen=True)
class CallbackPath:
    """A callback's import path and arguments.

    Attributes:
        path: `module:name`; for a notifier, the path of its class.
        arguments: A notifier's constructor arguments or a partial's keyword arguments, as JSON data.
    """

    path: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition(":")[2].rpartition(".")[2]


def callback_path(callback: object) -> CallbackPath:
    """Return the import path and arguments by which another process can load a callback.

    Args:
        callback: The callback: an import path `module:name`; a function, class or class method at the top level of a
            module; a `functools.partial` of one of these with keyword arguments; or a notifier, which is an object with
            a method `made_with`.

    Raises:
        InvalidCallbackError: Another process cannot find the callback, or an argument holds a secret.
    """
    if isinstance(callback, CallbackPath):
        return CallbackPath(callback.path, _checked_arguments(callback.path, callback.arguments))
    if isinstance(callback, str):
        module, colon, name = callback.partition(":")
        if not (module and colon and name):
            raise InvalidCallbackError(
                f"callback={callback!r} isn't of the form module:name. Use for example 'alerts:page'"
            )
        return CallbackPath(callback)
    if isinstance(callback, functools.partial):
        if callback.args:
            raise InvalidCallbackError(
                f"callback {callback_name(callback)}: the functools.partial has positional arguments. Pass these "
                "arguments by name"
            )
        inner = callback_path(callback.func)
        return CallbackPath(inner.path, _checked_arguments(inner.path, {**inner.arguments, **callback.keywords}))
    made_with = getattr(callback, "made_with", None)
    if made_with is not None and not isinstance(callback, type):
        path = _path(type(callback))
        return CallbackPath(path, _checked_arguments(path, made_with()))
    return CallbackPath(_path(callback))


def load_callback(path: str) -> Any:
    """Return the callable at `module:name`.

    Raises:
        InvalidCallbackError: The module cannot be imported, or has no such callable.
    """
    module_name, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as exc:
        raise InvalidCallbackError(
            f"callback {path!r}: module {module_name!r} can't be imported here ({type(exc).__name__}: {exc}). Add the "
            "module to the Python path of the deployment that calls callbacks"
        ) from exc
    for part in name.split("."):
        if not hasattr(found, part):
            raise InvalidCallbackError(
                f"callback {path!r}: module {module_name!r} has no {part!r}. Correct the callback's path"
            )
        found = getattr(found, part)
    if not callable(found):
        raise InvalidCallbackError(
            f"callback {path!r}: an object of type {type(found).__name__} can't be called. Use a function's path"
        )
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
            f"callback {shown}: another process can't find an instance of a class. Pass the instance's import path, "
            "'module:name'"
        )
    if module == "__main__":
        raise InvalidCallbackError(
            f"callback {shown} is defined in the running script, which another process can't import. Move the callback "
            "into a module"
        )
    if "<" in name:
        raise InvalidCallbackError(
            f"callback {shown} is a lambda or defined inside a function, so another process can't import it. Define "
            "the callback as a function at the top level of a module"
        )
    return f"{module}:{name}"


def _checked_arguments(path: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in arguments.items():
        is_named = value is not None and not isinstance(value, bool) and (name in _SECRETS or names_secret(name))
        if found := "" if is_named else hidden_secret(value):
            found = f" holds {found}, which"
        if is_named or found:
            raise InvalidCallbackError(
                f"callback {path!r}: its argument {name!r}{found} would be readable on the server. Store the secret in "
                "a connection"
            )
    copied: dict[str, Any] = {}
    for name, value in arguments.items():
        try:
            copied[name] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            raise InvalidCallbackError(
                f"callback {path!r}: its argument {name!r} is not JSON data, so it can't be sent to another process. "
                "Create the callback in a module and pass its import path, 'module:name'"
            ) from None
    return copied
