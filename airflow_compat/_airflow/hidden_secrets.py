"""Find secrets in data whose name does not suggest a secret.

The search is stricter than Airflow's masking, which checks only names. The only effect of a false alarm is that the
value is stored encrypted.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from .variable import is_sensitive

# A pattern for names of secrets that are missing from Airflow's list of sensitive names. Names are normalised as in
# `is_sensitive` before the pattern is applied.
_MORE_NAMES = re.compile(
    r"(^|_)(pw|pwd|psk|pass|passcode|creds?|credentials?|sas|sig|signature|jwt|auth|authorization)($|_)"
    r"|(account|client|encryption|fernet|jwt|master|shared|signing|ssh)_?key"
    r"|^airflow_(conn_|_)|conn_uri|sql_alchemy_conn|(^|_)get_uri$"
)
# Bounded repetitions keep the search time linear.
_LOGIN = re.compile(
    r"://[^\s/?#]{0,1000}@|://[^\s@/?#]{1,200}:[^\s@]{1,800}@|(?<![\w:])[\w.-]{1,100}:[^\s@/]{1,200}@\w"
)
_WEBHOOK = re.compile(
    r"://(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks|[\w.-]{0,99}webhook\.office\.com)/"
)
# Tokens of GitHub, GitLab, Slack, Google and OpenAI, which have a known prefix; JSON Web Tokens; and tokens in the URLs
# of Telegram bots.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{20}|github_pat_\w{20}|glpat-[\w-]{16}|xox[abeoprs]-[\w-]{10}"
    r"|AIza[\w-]{30}|eyJ[\w-]{8,2000}\.eyJ[\w-]{4})"
    r"|(?<![\w-])sk-(?:[A-Za-z0-9]{20}|(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{20})"
    r"|api\.telegram\.org/bot\d{1,20}:[\w-]"
)
_PATTERNS = {
    _LOGIN: "a URL with a login or token",
    _WEBHOOK: "a URL with a login or token",
    _TOKEN: "a token",
    re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"): "a private key",
    re.compile("__extra__="): "what looks like a connection",
    re.compile(r"\b(?:Basic|Bearer)\s{1,9}[\w.~+/=-]{8,}", re.IGNORECASE): "an authorization header",
}
# A value after a name, as in `password=x`, `?token=x`, `pwd: x`, `--password x`, `<password>x` and JSON, or in the line
# after YAML's `password:`. The pattern does not consume the value, since the value may be the name of the next match.
_ASSIGNMENT = re.compile(
    r"(?:([\w.-]{1,60})\\{0,4}[\"']?\s{0,9}[=:>]|--([\w-]{1,60})[ =])(?=[\s>|-]{0,40}\\{0,4}[\"']?[^\s\"'&;,\\])"
)
# A `name:` before a `value:` in YAML, as in the environment of a Kubernetes manifest.
_NAME_IN_YAML = re.compile(r"\b(?:name|key)[\"']?\s{0,9}:\s{0,9}[\"']?([\w.-]{1,60})[\"']?,?\s{1,40}[\"']?value\b")
_DEEPEST = 200


def names_secret(name: str) -> bool:
    """Return True if values with this name must be stored encrypted."""
    return is_sensitive(name) or _MORE_NAMES.search(re.sub(r"[^a-z0-9]+", "_", name.lower())) is not None


def hidden_secret(value: Any, depth: int = _DEEPEST) -> str:
    """Return which kind of secret JSON data contains, also inside texts that are JSON; empty if it contains none.

    The result may quote names of keys, but never a value.
    """
    if depth == 0:
        return "data that is nested too deeply to be searched for secrets"
    if isinstance(value, str):
        return _in_text(value, depth)
    if isinstance(value, dict):
        if "conn_type" in value:
            return "what looks like a connection"
        named = _named_value(value)
        pairs = value.items() if named is None else (*value.items(), named)
        return next((found for key, inner in pairs if (found := _under_key(str(key), inner, depth))), "")
    if isinstance(value, (list, tuple)):
        return next((found for inner in value if (found := hidden_secret(inner, depth - 1))), "")
    return ""


def _named_value(entry: dict[Any, Any]) -> tuple[str, Any] | None:
    """Return the name and value of an entry with the keys `name` and `value`, as in Kubernetes."""
    entry = {str(key).lower(): value for key, value in entry.items()}
    name = entry.get("name", entry.get("key"))
    return (name, entry["value"]) if isinstance(name, str) and "value" in entry else None


def _under_key(key: str, value: Any, depth: int) -> str:
    if value not in (None, "", [], {}) and not isinstance(value, bool) and names_secret(key):
        return f"a secret under the key {key!r}" if re.fullmatch(r"[\w .-]{1,60}", key) else "a secret under a key"
    return hidden_secret(key, depth - 1) or hidden_secret(value, depth - 1)


def _in_text(text: str, depth: int) -> str:
    if text.lstrip().startswith(("{", "[", '"')):
        try:
            decoded = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return hidden_secret(decoded, depth - 1)
    if "%" in text and (decoded := unquote(text)) != text and (found := hidden_secret(decoded, depth - 1)):
        return found
    for pattern, kind in _PATTERNS.items():
        if pattern.search(text):
            return kind
    matches = (*_ASSIGNMENT.finditer(text), *_NAME_IN_YAML.finditer(text))
    names = (next(filter(None, match.groups())) for match in matches)
    named = next((name for name in names if names_secret(name)), None)
    return f"a secret after the name {named[:60]!r}" if named else ""
