"""A form whose font is in the PDF, so that pictures of it need no font of the machine: `tests/data/embedded_form.pdf`.

    uv run python -m tests.transforms.embedded_form FONT.ttf

draws it again with a Chinese TrueType font, such as WenQuanYi Micro Hei.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from tests.make_pdf import Cell, Sheet

EMBEDDED_FORM = Path(__file__).parents[1] / "data" / "embedded_form.pdf"

X = [40.0, 110.0, 180.0, 300.0, 370.0, 440.0, 490.0, 550.0]
ROWS = [
    ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分"],
    ["产出指标", "数量指标", "外专服务动态", ">=12(期)", "12.00(期)", "5.00", "5.00"],
    ["", "", "公众号推送量", "=10.00(篇)", "16.00(篇)", "12.5", "11.25"],
    ["", "质量指标", "材料审查准确率", "100%", "97.30%", "20", "19.46"],
    ["效益指标", "社会效益指标", "其他资金", "0", "1,234.5678", "-", "—"],
    ["", "可持续影响", "媒体报道", "", "/", "7", "1"],
]
Y = [150.0 + 34.0 * i for i in range(len(ROWS) + 2)]
TITLE = "财政项目支出绩效自评表"
YEAR = "（2023年度）"


def form_cells() -> list[Cell]:
    """The cells of the form's table."""
    spans = {(1, 0): 3, (4, 0): 2, (1, 1): 2}
    covered = {(row + i, column) for (row, column), rows in spans.items() for i in range(1, rows)}
    cells = [
        Cell(row, column, spans.get((row, column), 1), 1, text)
        for row, texts in enumerate(ROWS)
        for column, text in enumerate(texts)
        if (row, column) not in covered
    ]
    return [*cells, Cell(len(ROWS), 0, 1, 5, "总分"), Cell(len(ROWS), 5, text="100"), Cell(len(ROWS), 6, text="98.62")]


def draw(font: Path) -> None:
    """Write the form's PDF."""
    pdfmetrics.registerFont(TTFont("Embedded", str(font)))
    sheet = Sheet(EMBEDDED_FORM, font="Embedded")
    sheet.text(200, 90, TITLE, 16)
    sheet.text(270, 120, YEAR, 10)
    sheet.table(X, Y, form_cells(), size=9)
    sheet.save()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
