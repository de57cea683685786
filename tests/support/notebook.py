"""Runs the cells of a notebook without Jupyter: what they print, and the charts that their last lines give.

`python -m tests.support.notebook FILE` prints the outputs of each cell with code as JSON.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert


def outputs_of(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Run the cells with code in their order and give the outputs of each as a notebook keeps them."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [_outputs_of("".join(cell["source"]), names) for cell in cells]


def _outputs_of(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    printed, last, body = io.StringIO(), None, ast.parse(source)
    with redirect_stdout(printed):
        if body.body and isinstance(body.body[-1], ast.Expr):
            shown = ast.Expression(body.body.pop().value)  # type: ignore[attr-defined]
            exec(compile(body, "cell", "exec"), names)
            last = eval(compile(shown, "cell", "eval"), names)
        else:
            exec(compile(body, "cell", "exec"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)})
    if isinstance(last, alt.Chart):
        drawn = vl_convert.vegalite_to_svg(last.to_json())
        data = {"image/svg+xml": drawn.splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"})
    return outputs


if __name__ == "__main__":
    print(json.dumps(outputs_of(json.loads(Path(sys.argv[1]).read_text("utf-8"))), ensure_ascii=False))
