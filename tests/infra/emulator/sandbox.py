"""One execution environment of a function: takes a JSON document by line, answers by line, stays warm.

Run in the folder of the deployed code: `python sandbox.py MODULE.FUNCTION`.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import traceback
import uuid
from types import SimpleNamespace


def main() -> None:
    """Answer until the input ends; what the function prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.basicConfig(format=f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']} %(levelname)s %(message)s")
    sys.path[0] = ""
    module, _, name = sys.argv[1].rpartition(".")
    function = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        context = SimpleNamespace(
            aws_request_id=str(uuid.uuid4()),
            function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            get_remaining_time_in_millis=lambda: 10_000,
        )
        try:
            answer = {"result": function(json.loads(line), context)}
        except Exception as error:  # noqa: BLE001 - Lambda itself reports whatever a function raises
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
