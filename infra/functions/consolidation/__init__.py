"""Makes one label of what several labellers said of an image; boto3 and the standard library only."""
