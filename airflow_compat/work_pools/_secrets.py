"""Keeps secrets out of work pools, because the server stores job variables and job manifests as plain text.

Secret environment variables are read from a `Secret` block. In other places, blocks can't be used: labels with a secret
are left out, and other secrets are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from .._airflow.hidden_secrets import hidden_secret, names_secret
from .._airflow.names import block_name
from ..errors import InvalidWorkPoolError
from ._operator_arguments import Arguments

_NAMED = "a secret's name"
_PLAIN_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PLAIN_VARIABLE = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)*")
_LONGEST = 200
# `$(NAME)` is a reference to an environment variable in Kubernetes; the other forms are references in a shell.
_REFERENCE = r"\$(?:\((?:cat\s{1,9}[^\s()]{1,200}|[\w.-]{1,200})\)|\{\w{1,200}\}|[A-Z_][A-Z0-9_]{0,100}\b)"
_REFERRED_LOGIN = re.compile(rf"[\w+.-]{{1,40}}://(?:[^\s/@:]{{0,200}}:)?{_REFERENCE}@[^\s/?\"']{{0,200}}")
# If text follows a reference, the value is more than a reference: `$(X)SECRET`.
_REFERRED = re.compile(rf"(?:{_REFERENCE}[:/._-]?){{0,8}}{_REFERENCE}(?=[\s\"'&;,|<>)\]}}\\]|$)")
# The text that replaces harmless parts of a value; long enough to still look like a value:
# `--password=correct-horse-path`.
_NEUTRAL = "something"
_ABOUT_SECRETS = """
    alg algorithm audience backend class count dir disabled duration enabled endpoint env expiration expiry file format
    header headers host interval issuer length lifetime limit method minutes mode name names namespace path paths policy
    port provider ref regex region required retries scope scopes seconds size stdin timeout ttl type uri url urls var
    version
""".split()
# Harmless texts that look like secrets or logins: `--credential-file`, `--no-auth` before another flag,
# `--use-credentials=false`, `--token-refresh 5m`, Git's user, an image's digest, a host with its port.
_HARMLESS = (
    (
        re.compile(rf"(?<![\w.-])(-{{0,2}})[\w.-]{{1,60}}[-_](?:{'|'.join(_ABOUT_SECRETS)})(?=[\s=:]|$)"),
        rf"\1{_NEUTRAL}",
    ),
    (re.compile(r"(?<![\w.-])--?[\w.-]{1,60}(?=\s{1,9}-(?:-[a-zA-Z]|[a-zA-Z](?:\s|$)))"), f"--{_NEUTRAL}"),
    (
        re.compile(
            r"(?<![\w.-])--?[\w.-]{1,60}[ =]"
            r"(?:true|false|(?:\d{1,6}(?:\.\d{1,3})?(?:[mnu]?s|[mhd]|[KMGTk]i?B?|%)){1,4})"
            r"(?=[\"']?(?:\s|$))"
        ),
        f"--{_NEUTRAL}",
    ),
    (re.compile("://git@"), "://"),
    (re.compile(r"@sha\d{3}:[0-9a-f]{32,128}\b"), _NEUTRAL),
    (
        re.compile(
            r"(?<![\w.-])(?![\w.-]{0,60}(?:cred|key|pass|secret|token))[\w.-]{0,60}(?:auth|proxy)[\w.-]{0,60}"
            r":\d{2,5}(?![\w.@-])"
        ),
        _NEUTRAL,
    ),
)
_NAME_OF_ANOTHER = re.compile(r"(?:Class|File|Name|Namespace|Path|Ref|Seconds)$")
# Names in these mappings belong to nodes, pods or hosts, not to secrets.
_FREE_NAMES = ("extraHosts", "extra_hosts", "matchLabels", "nodeSelector")
# Prefix of annotations with Vault paths, which Vault's agent reads inside the pod.
_VAULT = "vault.hashicorp.com/"


class SecretBlocks:
    """The `Secret` blocks for environment variables of one work pool.

    Attributes:
        marks: A keyed hash of each block's secret, to detect two different secrets for one block.
    """

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self.marks: dict[str, str] = {}

    def without_secrets(
        self,
        environment: Mapping[str, str],
        arguments: Arguments,
        where: str,
        *,
        container: str = "",
        private: bool = False,
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the environment variables without secrets, and the names of `Secret` blocks for the others.

        Deployments don't refer to the blocks, because `prefect deploy` would write the blocks' values into job
        variables.

        Raises:
            InvalidWorkPoolError: Two containers of the same name have different secrets in the same variable.
        """
        texts, blocks = {}, {}
        for key, text in environment.items():
            if not text or not (private or names_secret(key) or hidden_secret(text)):
                texts[key] = text
                continue
            block = secret_block(self._pool, key, container)
            if self.marks.setdefault(block, mark := _mark(text)) != mark:
                raise InvalidWorkPoolError(
                    f"{arguments.operator}: {where} {key} has two values. Give each container a different name."
                )
            blocks[key] = block
            arguments.note(
                f"{where} {key}",
                f"the value isn't copied; save the value as the block secret/{block}, which the pool reads at each run",
            )
        return texts, blocks


def secret_block(pool: str, variable: str, container: str = "") -> str:
    """Return the name of the block for an environment variable of a pool, or of an additional container.

    Appends a digest if two variables could get the same name.
    """
    parts = [pool, container, variable] if container else [pool, variable]
    name = "--".join(block_name(part) for part in parts)
    if all(_PLAIN_NAME.fullmatch(part) for part in parts[:-1]) and _PLAIN_VARIABLE.fullmatch(variable):
        return name
    digest = hashlib.sha256("/".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{name[:_LONGEST]}-{digest}".lstrip("-")


def without_secret_labels(labels: Mapping[str, str], arguments: Arguments, where: str) -> dict[str, str]:
    """Return labels or annotations without secrets, and add a note for each that is left out."""
    kept = {}
    for key, text in labels.items():
        named = text not in ("", "true", "false") and not key.startswith(_VAULT) and names_secret(key)
        found = _hidden(key) or (_NAMED if named else _hidden(text))
        if not found:
            kept[key] = text
            continue
        arguments.note(
            f"{where} {_shown(key)}",
            f"left out, because the value has {found} and pools store it as plain text; use an environment variable "
            "instead",
        )
    return kept


def refuse_secrets(value: Any, operator: str, place: str = "") -> None:
    """Refuse secrets in places where no block can be used.

    Raises:
        InvalidWorkPoolError: A value contains a secret. The message names the place without the value.
    """
    for where, found in _places(value, place):
        raise InvalidWorkPoolError(
            f"{operator}: {where} has {found}, which a pool would store as plain text. Put the secret into an "
            "environment variable, which the pool reads from a Secret block, and refer to the variable as $(NAME)."
        )


def _places(value: Any, place: str, *, free: bool = False) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if found := _hidden(value):
            yield place, found
    elif isinstance(value, Mapping):
        yield from _in_mapping(value, place, free=free)
    elif isinstance(value, (list, tuple)):
        yield from _places(_line(value), place)
        for number, inner in enumerate(value):
            if isinstance(inner, (Mapping, list, tuple)):
                yield from _places(inner, f"{place}.{number}")


def _line(value: Any) -> str:
    """Join a list to one command line, because `--password` and its value are two elements of the list."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return " ".join(str(part) for part in parts if isinstance(part, (str, int, float)))


def _in_mapping(value: Mapping[Any, Any], place: str, *, free: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value.get("name"), str) and _may_be_secret(value.get("value")) and names_secret(value["name"]):
        yield place, _NAMED
    for key, inner in value.items():
        where = f"{place}.{_shown(str(key))}".lstrip(".")
        if inner != "" and _may_be_secret(inner) and not free and _is_secret_key(str(key)):
            yield where, _NAMED
        if not _is_image(key, inner):
            yield from _places(inner, where, free=key in _FREE_NAMES)
    if "command" in value and "args" in value:
        yield from _places(f"{_line(value['command'])} {_line(value['args'])}", f"{place}.args")


def _may_be_secret(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _is_image(key: str, value: Any) -> bool:
    return key == "image" and isinstance(value, str) and "://" not in value


def _is_secret_key(key: str) -> bool:
    return _NAME_OF_ANOTHER.search(key) is None and names_secret(key)


def _hidden(text: str) -> str:
    """Return the kind of secret in the text, or an empty text. References to environment variables aren't secrets."""
    for pattern, neutral in _HARMLESS:
        text = pattern.sub(neutral, text)
    return hidden_secret(_REFERRED.sub('""', _REFERRED_LOGIN.sub('""', text)))


def _shown(key: str) -> str:
    return key if re.fullmatch(r"[\w ./-]{1,80}", key) and not _hidden(key) else "(a key that isn't shown)"


def _mark(text: str) -> str:
    return hmac.digest(_process_key(), text.encode("utf-8", "surrogatepass"), "sha256").hex()


@cache
def _process_key() -> bytes:
    return secrets.token_bytes(32)
