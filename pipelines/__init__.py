"""What happens when labels arrive: the pipeline's definition, its local engine, its runs in the account."""
