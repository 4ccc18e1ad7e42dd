"""Training a text detector, and finding text with it: differentiable binarisation over tiles of a page."""
