"""What people set: settings, the nightly service, sources, corrections."""
