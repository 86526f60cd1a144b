"""Read DAG files as syntax trees, without running them."""
