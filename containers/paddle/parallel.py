"""Several devices of one host: each process takes its share of every batch, gradients are averaged.

Source: https://www.paddlepaddle.org.cn/documentation/docs/en/guides/06_distributed_training/index_en.html
"""

from __future__ import annotations

import os

import paddle
import paddle.distributed as distributed

from containers.common.reader import Rows, share_of


class World:
    """The processes that train together; one alone where `paddle.distributed.launch` started none."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("PADDLE_TRAINERS_NUM", "1"))
        self.rank = int(os.environ.get("PADDLE_TRAINER_ID", "0"))
        if self.size > 1 and not distributed.is_initialized():
            distributed.init_parallel_env()

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def wrap(self, network: paddle.nn.Layer) -> paddle.nn.Layer:
        """Return `network` such that its gradients are averaged over all processes."""
        return paddle.DataParallel(network) if self.size > 1 else network

    def share(self, rows: Rows) -> Rows:
        """Return this process's rows of a batch."""
        return share_of(rows, self.rank, self.size)

    def leaders(self, value: float) -> float:
        """Return what the leading process has, so that all take the same decisions."""
        if self.size == 1:
            return value
        shared = paddle.to_tensor([value], dtype="float64")
        distributed.broadcast(shared, src=0)
        return float(shared.numpy()[0])

    def any(self, said: bool) -> bool:
        """Return whether any process says so; all processes get the same answer."""
        if self.size == 1:
            return said
        flag = paddle.to_tensor([int(said)])
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag.item())
