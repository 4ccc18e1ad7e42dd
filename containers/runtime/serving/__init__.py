"""The server of every image: SageMaker's `/ping` and `/invocations` over anything that reads images."""
