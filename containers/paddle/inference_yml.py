"""The `inference.yml` beside an exported recogniser, by which PaddleX and PaddleOCR can run it, too.

>>> from paddleocr import TextRecognition
>>> TextRecognition(model_name="PP-OCRv5_mobile_rec", model_dir="artifact/")  # doctest: +SKIP
"""

from __future__ import annotations

import yaml

from containers.runtime.preprocessing import narrowest_px
from corpus.charset import Charset
from tasks.recognition.contract import LinePreprocessing

MODEL_NAME = "PP-OCRv5_mobile_rec"
"""PaddleX runs what it knows by name: this stands for any recogniser that ends in CTC."""


def inference_yml(preprocessing: LinePreprocessing, charset: Charset) -> bytes:
    """Return how PaddleX prepares an image for the network, and decodes what comes of it.

    It reads nearly the same there: PaddleX scales bilinearly, as we do, and knows `keep-ratio` and `pad`, but
    lets lines become wider than `width_px`; and its batches share a width, so a reading may depend on its
    batch mates. To `stretch` takes an argument, which a comment names.

    Source: `paddlex/inference/models/text_recognition/predictor.py` and `processors.py` (3.7.2).
    """
    shape = [3, preprocessing.height_px, narrowest_px(preprocessing)]
    content = {
        "Global": {"model_name": MODEL_NAME},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": shape}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(charset.entries)},
    }
    arguments = f'model_name="{MODEL_NAME}", model_dir=…'
    if preprocessing.resize == "stretch":
        arguments += f", input_shape=({', '.join(map(str, shape))})"
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    return f"# paddleocr.TextRecognition({arguments})\n{text}".encode()
