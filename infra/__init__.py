"""What exists in the account: stacks of small constructs, functions that react to events, what it costs."""
