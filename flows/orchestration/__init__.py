"""Prefect around the runs: flows, tasks, the server, the nightly service, alerts."""
