"""The pure part's tests: no deadline, since a busy machine is not a bug."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", settings.default, deadline=None)
settings.load_profile("core")
