"""Finding text on pages: answers, figures, mistakes, and what is asked of data."""
