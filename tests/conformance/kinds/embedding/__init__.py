"""Turning images into vectors by which their like are found."""
