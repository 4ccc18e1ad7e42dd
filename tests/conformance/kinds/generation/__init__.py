"""Reading an image by a model that writes token by token, asked by a prompt."""
