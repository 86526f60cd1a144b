"""Airflow's notifiers as callbacks, such as `SlackNotifier`, and `BaseNotifier` for notifiers of your own.

The classes have the same names and arguments as in Airflow's providers, and send the same messages, so you only have to
change imports. The service's address and secret are stored in a connection. If a notifier can't send its message, the
call raises `NotificationError`.
"""

from __future__ import annotations

from ..errors import NotificationError
from ._apprise import AppriseNotifier
from ._base import BaseNotifier, NotifierContext
from ._discord import DiscordNotifier
from ._pagerduty import PagerdutyNotifier
from ._slack import SlackNotifier, SlackWebhookNotifier
from ._smtp import EmailAlert, SmtpNotifier
from ._teams import TeamsWebhookNotifier

__all__ = [
    "AppriseNotifier",
    "BaseNotifier",
    "DiscordNotifier",
    "EmailAlert",
    "NotificationError",
    "NotifierContext",
    "PagerdutyNotifier",
    "SlackNotifier",
    "SlackWebhookNotifier",
    "SmtpNotifier",
    "TeamsWebhookNotifier",
    "email_alert",
    "send_apprise_notification",
    "send_pagerduty_notification",
    "send_slack_notification",
    "send_slack_webhook_notification",
    "send_smtp_notification",
]

# Airflow's providers also define these second names of the classes.
send_apprise_notification = AppriseNotifier
"""Another name of `AppriseNotifier`."""
send_pagerduty_notification = PagerdutyNotifier
"""Another name of `PagerdutyNotifier`."""
send_slack_notification = SlackNotifier
"""Another name of `SlackNotifier`."""
send_slack_webhook_notification = SlackWebhookNotifier
"""Another name of `SlackWebhookNotifier`."""
send_smtp_notification = SmtpNotifier
"""Another name of `SmtpNotifier`."""
email_alert = EmailAlert
"""Another name of `EmailAlert`."""

for _notifier in map(globals().get, __all__):
    # Let other processes import the class from this package, so that the class's module can be moved.
    if isinstance(_notifier, type) and issubclass(_notifier, BaseNotifier):
        _notifier.__module__ = __name__
