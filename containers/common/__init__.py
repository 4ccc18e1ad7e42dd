"""What every image shares: SageMaker's contract, artifacts, checkpoints, preprocessing and the server.

No deep-learning framework is imported here; each image brings its own.
"""
