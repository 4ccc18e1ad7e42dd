"""Starts the pipeline of a family when enough new labels have arrived, once for each snapshot."""
