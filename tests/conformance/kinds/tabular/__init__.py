"""Telling people from programs by a record of events: no image."""
