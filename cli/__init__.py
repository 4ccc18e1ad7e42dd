"""One command, `glyphline`, over all of it. Imports every package lazily, so that `--help` answers at once."""
