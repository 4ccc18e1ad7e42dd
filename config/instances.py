"""Facts about SageMaker's instance types."""

from __future__ import annotations

import re

_LOCAL_DISK = re.compile(r"ml\.([a-z]+\d[a-z]*d[a-z]*|g5|g6|g6e|p5|trn1)\.")


def has_local_disk(instance: str) -> bool:
    """Tell whether the disk is local and encrypted by the hardware: SageMaker refuses a key for it.

    Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html,
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    return _LOCAL_DISK.match(instance) is not None
