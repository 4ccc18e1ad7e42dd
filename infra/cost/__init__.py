"""What an environment costs a month: prices with their sources, usage scenarios, and the sum of both."""
