"""Deploys the version of a model that was approved last; boto3 and the standard library only."""
