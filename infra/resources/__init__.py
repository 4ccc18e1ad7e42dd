"""Constructs that several stacks use, each the secure way of one thing."""
