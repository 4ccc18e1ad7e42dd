"""Classification, as a task would be added: `family.py` goes to `config/tasks/`, the rest to `tasks/`."""
