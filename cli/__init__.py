"""One command, `glyphline`, over all of it; packages are imported lazily, so `--help` answers at once."""
