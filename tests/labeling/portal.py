"""Ground Truth's page in small: a template filled in, served from one origin, and images from another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from liquid import Environment
from markupsafe import Markup

from infra.functions.pre_annotation.handler import handler as pre_annotation

TEMPLATE = Path(__file__).parents[2] / "labeling" / "task.liquid.html"
JOB = "arn:aws:sagemaker:eu-central-1:111122223333:labeling-job/drawings"


@dataclass(slots=True)
class Portal:
    """Serves `images` by their S3 URIs; `cors`: whether their bucket lets other origins read them."""

    images: dict[str, bytes] = field(default_factory=dict)
    cors: bool = True
    port: int = 0
    pages: list[bytes] = field(default_factory=list)

    def task(self, uri: str, initial: Any = None, *, json_is_safe: bool = False) -> str:
        """Return the address of the page for an image, as the function before it makes the task."""
        line = {"source-ref": uri} if initial is None else {"source-ref": uri, "initial": initial}
        event = {"version": "2018-10-16", "labelingJobArn": JOB, "dataObject": line}
        task = {"input": pre_annotation(event, None)["taskInput"]}
        self.pages.append(self._filled(task, json_is_safe=json_is_safe).encode())
        return f"http://127.0.0.1:{self.port}/page/{len(self.pages) - 1}"

    def _filled(self, task: dict[str, Any], *, json_is_safe: bool) -> str:
        """Fill in the template with the filters that Ground Truth adds to Liquid's own.

        It escapes what it prints (sms-custom-templates-step2-automate.html), but does not say whether JSON,
        too: `json_is_safe` is the other case.
        """
        environment = Environment(autoescape=True)
        environment.filters["grant_read_access"] = lambda uri: (
            f"http://localhost:{self.port}/image/{quote(uri, safe='')}?a=1&b=2"
        )
        environment.filters["to_json"] = lambda value: (Markup if json_is_safe else str)(json.dumps(value))
        return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(task=task)


@contextmanager
def open_portal() -> Iterator[Portal]:
    """Serve until the end of the block."""
    portal = Portal()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, kind, name = urlsplit(self.path).path.split("/", 2)
            if kind == "page":
                self._send(portal.pages[int(name)], "text/html; charset=utf-8")
            elif (data := portal.images.get(unquote(name))) is None:
                self.send_error(403)  # as S3 answers for what is not there
            else:
                self._send(data, "application/octet-stream")

        def _send(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if portal.cors:
                self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        portal.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield portal
        server.shutdown()
        thread.join()
