"""What answers from an exported model: engines, preprocessing, decoding, predictors and the server.

The images stand on it, and so does whoever puts several models together. Nothing is trained here.
"""
