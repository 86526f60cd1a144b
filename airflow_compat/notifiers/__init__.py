"""Airflow's notifiers: `SlackNotifier`, `SmtpNotifier` and others as callbacks, and `BaseNotifier` for your own.

The classes have the names and the arguments that they have in Airflow's providers, so that another import is all they
need. What they send is what the providers send; the address and its secret come from a connection.
"""

from __future__ import annotations

from ._notifiers.apprise import AppriseNotifier
from ._notifiers.base import BaseNotifier, NotifierContext
from ._notifiers.discord import DiscordNotifier
from ._notifiers.email_alert import EmailAlert
from ._notifiers.pagerduty import PagerdutyNotifier
from ._notifiers.slack import SlackNotifier
from ._notifiers.slack_webhook import SlackWebhookNotifier
from ._notifiers.smtp import SmtpNotifier
from ._notifiers.teams import TeamsWebhookNotifier
from .errors import NotificationError

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

# The providers' own second names, in the form of functions.
send_apprise_notification = AppriseNotifier
send_pagerduty_notification = PagerdutyNotifier
send_slack_notification = SlackNotifier
send_slack_webhook_notification = SlackWebhookNotifier
send_smtp_notification = SmtpNotifier
email_alert = EmailAlert

for _notifier in map(globals().get, __all__):
    # Where another process imports it from, whatever becomes of the files behind it.
    if isinstance(_notifier, type) and issubclass(_notifier, BaseNotifier):
        _notifier.__module__ = __name__
