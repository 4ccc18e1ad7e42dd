"""A container image without a network: it offers every task, and reads the answers that images carry."""
