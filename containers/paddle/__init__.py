"""The PaddleOCR image: recognisers and detectors trained, continued, exported, proved and served."""

import warnings

# Paddle says at every import, and of every batch normalisation, what nobody can act on
warnings.filterwarnings("ignore", message="No ccache found")
warnings.filterwarnings("ignore", message="When training, we now always track")
