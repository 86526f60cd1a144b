"""Operators of the shop."""

from airflow.models import BaseOperator
from airflow.plugins_manager import AirflowPlugin


class CountRowsOperator(BaseOperator):
    """Count the rows of a table."""

    template_fields = ("table",)

    def __init__(self, *, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def execute(self, context):
        rows = len(self.table)
        self.log.info("%s has %s rows", self.table, rows)
        return rows


class ShopPlugin(AirflowPlugin):
    name = "shop"
