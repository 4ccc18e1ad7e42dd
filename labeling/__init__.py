"""How labels are made: the task that labellers see, a template that Ground Truth fills in."""
