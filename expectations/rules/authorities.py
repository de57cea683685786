"""Where the rules come from: documents named without article numbers where their text was not at hand."""

from __future__ import annotations

from typing import Final

MOF_2020: Final = "财政部 财预〔2020〕10号《项目支出绩效评价管理办法》"
MOF_2021: Final = "财政部 财预〔2021〕101号 (核心绩效指标设置及取值)"
ARITHMETIC: Final = "arithmetic of the form itself"
PRINTED_NOTES: Final = "notes printed under published forms"
