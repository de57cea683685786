"""Where a warehouse is kept: a local folder, or a prefix of an S3 bucket."""
