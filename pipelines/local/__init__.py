"""Runs a pipeline's definition on this machine, as SageMaker would: without AWS and without Docker."""
