"""Tells people how a pipeline run ended: what waits for an approver, or why it failed."""
