"""What must be true of a form: the rule catalogue, the Great Expectations suites, the gate."""
