"""What runs inside a job: `common` for every image, then one package for each image."""
