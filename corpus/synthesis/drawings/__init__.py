"""Piping and instrumentation diagrams, drawn whole, with the truth about every mark on them."""
