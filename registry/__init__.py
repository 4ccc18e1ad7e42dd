"""Which version of a model serves: versions, comparison, approval, in SageMaker or in MLflow."""
