"""Reading text lines: answers, figures, mistakes, and what is asked of data."""
