"""When things run, in what order and with what retries: the command line and the Prefect flows."""
