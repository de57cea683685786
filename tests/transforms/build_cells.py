"""Build `cells` by hand: a grid of texts, as a reader would give it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from warehouse.contract import Cells, polars_schema

WIDTH, HEIGHT, ROW = 595.0, 842.0, 20.0

UP = "^"
"""In a grid: this box belongs to the cell above."""
LEFT = "<"
"""In a grid: this box belongs to the cell to the left."""


def grid(
    rows: Sequence[Sequence[str]],
    *,
    page: int = 1,
    table: int = 1,
    top: float = 100.0,
    document: str = "a" * 64,
    first_cell: int = 100,
    open_bottom: Sequence[int] = (),
    open_top: Sequence[int] = (),
    left: float = 50.0,
    lines: dict[str, int] | None = None,
) -> pl.DataFrame:
    """Cells of one table of equal rows; texts stand in the middle, `lines` says how many lines a text has."""
    count = len(rows[0])
    width = (WIDTH - 100) / count
    cells: list[dict[str, object]] = []
    for r, row in enumerate(rows):
        assert len(row) == count, row
        for c, text in enumerate(row):
            if text in (UP, LEFT):
                continue
            row_span = 1
            while r + row_span < len(rows) and rows[r + row_span][c] == UP:
                row_span += 1
            column_span = 1
            while c + column_span < count and row[c + column_span] == LEFT:
                column_span += 1
            y0, y1 = top + r * ROW, top + (r + row_span) * ROW
            height = 8.0 * (lines or {}).get(text, 1)
            middle = (y0 + y1) / 2
            cells.append(
                {
                    "document_id": document,
                    "page_number": page,
                    "cell_number": first_cell + len(cells),
                    "table_number": table,
                    "row_number": r,
                    "column_number": c,
                    "row_span": row_span,
                    "column_span": column_span,
                    "x0": left + c * width,
                    "top": y0,
                    "x1": left + (c + column_span) * width,
                    "bottom": y1,
                    "text": text,
                    "line_count": (lines or {}).get(text, 1) if text else 0,
                    "text_top": middle - height / 2 if text else None,
                    "text_bottom": middle + height / 2 if text else None,
                    "is_open_top": r == 0 and c in open_top,
                    "is_open_bottom": r + row_span == len(rows) and c in open_bottom,
                    "page_width": WIDTH,
                    "page_height": HEIGHT,
                    "confidence": None,
                }
            )
    return pl.DataFrame(cells, schema=polars_schema(Cells))


def lines(*texts: str, page: int = 1, top: float = 40.0, document: str = "a" * 64, first_cell: int = 1) -> pl.DataFrame:
    """Lines of text outside tables."""
    cells = [
        {
            "document_id": document,
            "page_number": page,
            "cell_number": first_cell + i,
            "x0": 200.0,
            "top": top + 15 * i,
            "x1": 400.0,
            "bottom": top + 15 * i + 10,
            "text": text,
            "line_count": 1,
            "text_top": top + 15 * i,
            "text_bottom": top + 15 * i + 10,
            "page_width": WIDTH,
            "page_height": HEIGHT,
        }
        for i, text in enumerate(texts)
    ]
    return pl.DataFrame(cells, schema=polars_schema(Cells))


HEAD = [
    ["项目名称", "河道保洁", "<", "<", "<", "<", "<", "<"],
    ["主管部门", "区水务局", "<", "<", "实施单位", "区河道管理所", "<", "<"],
]
FUNDING = [
    ["项目资金（万元）", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
    ["^", "年度资金总额：", "10.00", "10.00", "9.00", "10", "90%", "9"],
    ["^", "其中：当年财政拨款", "10.00", "10.00", "9.00", "-", "90%", "-"],
]
GOALS = [
    ["年度总体目标", "预期目标", "<", "<", "实际完成情况", "<", "<", "<"],
    ["^", "清理河道十条", "<", "<", "已清理河道九条", "<", "<", "<"],
]
INDICATOR_HEADER = [
    "一级指标",
    "二级指标",
    "三级指标",
    "年度指标值",
    "实际完成值",
    "分值",
    "得分",
    "偏差原因分析及改进措施",
]
INDICATORS = [
    ["产出指标", "数量指标", "清理河道", "≥10条", "9条", "50", "45", "雨季较长，已调整计划"],
    ["效益指标", "社会效益指标", "水质达标率", "≥90%", "95%", "30", "30", ""],
    ["满意度指标", "服务对象满意度指标", "居民满意度", "≥90%", "95%", "10", "10", ""],
]
TOTAL = [["总分", "<", "<", "<", "<", "100", "94", ""]]


def form() -> pl.DataFrame:
    """A whole form of the Ministry's layout on one page."""
    return pl.concat(
        [
            lines("项目支出绩效自评表", "（2023年度）"),
            grid([*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]),
        ]
    )
