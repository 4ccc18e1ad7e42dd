"""Lambda functions, one folder each: they import boto3, the standard library, their own folder and `shared`.

A function is deployed as this package with its folder, and `shared` where it uses that.
"""
