"""The diagram of an account from its templates: `python -m infra.diagram --out docs/images`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from config.environment import load_environment
from infra.drawing import svg
from infra.graph import Graph, graph_of
from infra.templates import synthesised

_BROWSERS = ("chromium", "google-chrome", "chrome")
_NAME = "account"


def mermaid(graph: Graph) -> str:
    """Return the graph as text that GitHub and mermaid.live draw: a subgraph for each stack."""
    lines = ["flowchart LR"]
    for stack in graph.stacks:
        lines.append(f'  subgraph {stack.replace("-", "_")}["{stack}"]')
        lines += [
            f'    {node.key}["{node.name}<br/><small>{", ".join(node.members) or node.kind}</small>"]'
            for node in graph.nodes
            if node.stack == stack
        ]
        lines.append("  end")
    lines += [
        f"  {source.key} -->{f'|{how}|' if how else ''} {target.key}" for source, target, how in graph.edges
    ]
    return "\n".join(lines) + "\n"


def _picture(drawing: Path, width: str, height: str) -> Path | None:
    """Make a PNG of the SVG `drawing` with the browser that is installed; None where there is none."""
    browser = next((found for one in _BROWSERS if (found := shutil.which(one))), None)
    if browser is None:
        return None
    target = drawing.with_suffix(".png")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
    ]
    place = [f"--window-size={width},{height}", f"--screenshot={target}", drawing.absolute().as_uri()]
    subprocess.run([browser, *flags, *place], check=True, capture_output=True)
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `account.mmd` and `account.svg`, and `account.png` where a browser is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", default="prod", help="a name in config/environments/")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="a folder")
    said = parser.parse_args(arguments)
    graph = graph_of(synthesised(load_environment(said.environment)))
    said.out.mkdir(parents=True, exist_ok=True)
    drawing = said.out / f"{_NAME}.svg"
    (said.out / f"{_NAME}.mmd").write_text(mermaid(graph), encoding="utf-8")
    text = svg(graph, f"What glyphline-{said.environment} is in the account")
    drawing.write_text(text, encoding="utf-8")
    width, height = (text.split(f'{side}="')[1].split('"')[0] for side in ("width", "height"))
    if _picture(drawing, width, height) is None:
        sys.stderr.write(f"no PNG: none of {', '.join(_BROWSERS)} is installed\n")


if __name__ == "__main__":
    main()
