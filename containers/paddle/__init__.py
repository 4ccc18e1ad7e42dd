"""The PaddleOCR image: recognisers and detectors trained, continued, exported, proved and served."""
