"""What joins a schedule's runs and a deployment's: backfills, and catch-up after a downtime."""
