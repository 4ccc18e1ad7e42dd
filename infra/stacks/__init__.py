"""One module for each stack; what one needs of another is in its keyword arguments."""
