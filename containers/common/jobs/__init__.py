"""The processing jobs of every image, as far as they need no framework: examine, prepare, evaluate."""
