"""The settings that users edit, typed: families and environments.

The lowest layer: every package may import it; it imports none of ours.
"""
