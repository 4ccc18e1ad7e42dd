"""Training a text-line recogniser: its data, its loss, its growth, its export."""
