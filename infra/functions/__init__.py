"""Lambda functions, one folder each: boto3, the standard library and their own folder, nothing else."""
