"""Time of normalising: `python -m benchmarks.normalising [FORMS]`; 20 indicators a form, 50 000 forms by default.

Prints the time of the indicators alone (long fields to typed and compared rows) and of the whole of `normalise`
(header, funding, evidence too), wall and CPU, the best of three, and the peak memory. The mix of texts is that of
published forms: two thirds numbers with units in many spellings, one third words, dates, ranks, blanks.
"""

from __future__ import annotations

import argparse
import resource
import time

import polars as pl

from transforms.normalise import normalise
from transforms.normalising.indicators import indicator_rows
from transforms.normalising.wide import index_forms, join_pages
from warehouse import contract

INDICATORS = 20
UNITS = ["(项)", "个", "万元", "%", "人次", "(台套)", "(万台套)", "亩", "篇/月", "元/人*月", "", "(家)"]
OPERATORS = ["≥", "=", "≤", ">=", "不少于", "", "", "<"]
WORDS = [
    "及时",
    "完善",
    "达成指标",
    "显著提升",
    "持续提高",
    "",
    "—",
    "2021年12月31日",
    "9月前",
    "全国前3",
    "无",
    "80-90%",
]
LEVELS = [
    ("产出指标(50分)", "数量指标"),
    ("产出指标(50分)", "质量指标"),
    ("产出指标(50分)", "时效指标"),
    ("产出指标(50分)", "成本指标"),
    ("效益指标(30分)", "经济效益 指标"),
    ("效益指标(30分)", "社会效益指标"),
    ("满意度指标(10分)", "服务对象满意度指标"),
]


def picked(values: list[str], by: pl.Expr) -> pl.Expr:
    return (by % len(values)).replace_strict(dict(enumerate(values)), return_dtype=pl.String)


def number_text(seed: pl.Expr) -> pl.Expr:
    whole = (seed.hash(7) % 3000).cast(pl.String)
    return pl.when(seed % 3 == 0).then(whole + ".00").otherwise(whole)


def example_fields(forms: int) -> pl.DataFrame:
    """Fields of made-up forms: header, four lines of money, INDICATORS indicators."""
    base = pl.select(form=pl.int_range(forms, dtype=pl.Int64)).select(
        "form",
        document_id=pl.concat_str(
            pl.col("form").hash(1).cast(pl.String).str.zfill(20), pl.col("form").cast(pl.String).str.zfill(44)
        ),
    )
    rows = base.join(pl.select(record=pl.int_range(1, INDICATORS + 1, dtype=pl.Int32)), how="cross")
    seed = pl.col("form") * 31 + pl.col("record") * 7
    numeric = pl.concat_str(picked(OPERATORS, seed.hash(2)), number_text(seed), picked(UNITS, seed.hash(3)))
    wordy = seed.hash(4) % 3 == 0
    texts = rows.select(
        "document_id",
        "record",
        level_1_label=picked([a for a, _ in LEVELS], seed.hash(5)),
        level_2_label=picked([b for _, b in LEVELS], seed.hash(5)),
        indicator_name=pl.concat_str(pl.lit("指标"), pl.col("record").cast(pl.String), pl.lit("：完成情况")),
        target=pl.when(wordy).then(picked(WORDS, seed.hash(6))).otherwise(numeric),
        actual=pl.when(wordy)
        .then(picked(WORDS, seed.hash(6)))
        .otherwise(pl.concat_str(number_text(seed + 1), picked(UNITS, seed.hash(3)))),
        weight=pl.concat_str((seed.hash(8) % 20).cast(pl.String), pl.lit(".50")),
        score=pl.concat_str((seed.hash(8) % 20).cast(pl.String), pl.lit(".50")),
        deviation=pl.lit(""),
    )
    header = base.select(
        "document_id",
        record=pl.lit(0, dtype=pl.Int32),
        title=pl.lit("财政项目支出绩效自评表"),
        fiscal_year=pl.lit("(2023年度)"),
        project_name=pl.concat_str(pl.lit("项目"), pl.col("form").cast(pl.String)),
        currency_unit=pl.lit("万元"),
        total_weight=pl.lit("100.00"),
        total_score=pl.lit("99.50"),
        rating=pl.lit("优"),
        template=pl.lit("mof_standard"),
    )
    sources = ["年度资金总额", "其中：当年财政拨款", "上年结转资金", "其他资金"]
    lines = base.join(pl.select(record=pl.int_range(1, 5, dtype=pl.Int32)), how="cross").select(
        "document_id",
        "record",
        source_label=picked(sources, pl.col("record") - 1),
        annual_budget=(pl.col("form").hash(9) % 100000 / 100).cast(pl.String),
        executed=(pl.col("form").hash(9) % 90000 / 100).cast(pl.String),
        weight=pl.when(pl.col("record") == 1).then(pl.lit("10")).otherwise(pl.lit("-")),
        execution_rate=pl.lit("95.12%"),
        score=pl.when(pl.col("record") == 1).then(pl.lit("9.51")).otherwise(pl.lit("-")),
    )
    tables = {"forms": header, "funding": lines, "indicators": texts}
    return pl.concat([long_form(frame, name) for name, frame in tables.items()])


def long_form(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    long = frame.unpivot(index=["document_id", "record"], variable_name="column_name", value_name="printed_text")
    return long.select(
        "document_id",
        form_number=pl.lit(1, dtype=pl.Int32),
        table_name=pl.lit(table),
        record_number=pl.col("record"),
        column_name="column_name",
        part_number=pl.lit(1, dtype=pl.Int32),
        label=pl.lit(None, dtype=pl.String),
        printed_text="printed_text",
        page_number=pl.lit(1, dtype=pl.Int32),
        x0=pl.lit(1.0),
        top=pl.lit(2.0),
        x1=pl.lit(3.0),
        bottom=pl.lit(4.0),
        confidence=pl.lit(None, dtype=pl.Float64),
    )


def indicators_only(fields: pl.DataFrame) -> pl.DataFrame:
    forms, placed = index_forms(fields)
    forms = forms.with_columns(fiscal_year=pl.lit(2023, dtype=pl.Int32))
    return indicator_rows(join_pages(placed), forms)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.normalising", description=__doc__)
    parser.add_argument("forms", type=int, nargs="?", default=50_000, help="how many (50000)")
    forms: int = parser.parse_args().forms
    fields = example_fields(forms)
    contract.conform(fields.head(1000), contract.Fields)
    only = fields.filter(pl.col("table_name") == "indicators")
    texts = only.filter(pl.col("column_name").is_in(["target", "actual"]))["printed_text"].n_unique()
    print(f"{forms * INDICATORS} indicators, {fields.height} fields, {texts} distinct targets and actuals")
    for name, run in (("indicators", lambda: indicators_only(only)), ("all tables", lambda: normalise(fields))):
        times = []
        for _ in range(3):
            begun, busy = time.perf_counter(), time.process_time()
            run()
            times.append((time.perf_counter() - begun, time.process_time() - busy))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
        print(f"{name}: {min(times)[0]:.2f} s, {min(t for _, t in times):.2f} s of CPU (peak so far {peak:.1f} GB)")


if __name__ == "__main__":
    main()
