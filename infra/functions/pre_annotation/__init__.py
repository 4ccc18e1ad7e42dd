"""Makes the task that a labeller sees from one line of a labelling job's manifest; standard library only."""
