"""What every image shares: SageMaker's contract, artifacts, checkpoints, the reader of samples, the jobs.

No AWS, no deep-learning framework, neither OpenCV nor ONNX Runtime: an artifact opens without any of them.
"""
