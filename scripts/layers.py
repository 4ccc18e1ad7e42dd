"""Draw the layers of the house from the import rules and write docs/architecture.md anew."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
_BLOCK = re.compile(r"(<!-- layers -->\n).*?(<!-- end -->)", re.DOTALL)


def picture() -> str:
    """Return the layers of `pyproject.toml` as a Mermaid diagram; packages that may come later are dashed."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(one["layers"] for one in rules["contracts"] if "containers" not in one and "layers" in one)
    lines = ["```mermaid", "flowchart TB"]
    for number, layer in enumerate(layers):
        names = [one.strip() for one in re.split(r"[:|]", layer)]
        apart = " " if "|" in layer or len(names) == 1 else " (may import one another)"
        lines.append(f'    subgraph L{number}["{apart.strip() or " "}"]')
        lines.append("        direction LR")
        for k, name in enumerate(names):
            later = ":::later" if name.startswith("(") else ""
            lines.append(f'        L{number}N{k}["{name.strip("()")}"]{later}')
        lines.append("    end")
    lines += [f"    L{number} --> L{number + 1}" for number in range(len(layers) - 1)]
    return "\n".join([*lines, "    classDef later stroke-dasharray: 4 4", "```"])


def drawn(page: str) -> str:
    """Return `page` with the picture as the import rules have it now."""
    return _BLOCK.sub(lambda match: f"{match[1]}{picture()}\n{match[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
