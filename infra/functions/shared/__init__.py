"""What several functions need, bundled beside each of them; boto3 and the standard library only."""
