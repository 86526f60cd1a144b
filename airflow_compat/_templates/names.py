"""The names that one version of Airflow has in a template and the other hasn't, and what stands in their place."""

from __future__ import annotations

# From the contexts of 2.11.0 and 3.3.2; None where nothing does.
ONLY_IN_2: dict[str, str | None] = {
    "conf": None,
    "execution_date": "logical_date",
    "expanded_ti_count": None,
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "next_execution_date": "data_interval_end",
    "prev_ds": None,
    "prev_ds_nodash": None,
    "prev_execution_date": None,
    "prev_execution_date_success": "prev_data_interval_start_success",
    "test_mode": None,
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "tomorrow_ds_nodash": "(logical_date + macros.timedelta(days=1)) | ds_nodash",
    "triggering_dataset_events": "triggering_asset_events",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "yesterday_ds_nodash": "(logical_date - macros.timedelta(days=1)) | ds_nodash",
}
ONLY_IN_3: dict[str, str | None] = {
    "partition_date": None,
    "partition_key": None,
    "task_reschedule_count": None,
    "task_state_store": None,
    "triggering_asset_events": "triggering_dataset_events",
}
