"""The Great Expectations suites, built from the catalogue, and the checkpoints that run them.

One suite for each table that rules judge. Every rule is one expectation: its status column holds no `fail`, or, for a
rule with a `Native` expectation, that one. On top come the promises of the contract: keys unique and present, closed
lists kept. Great Expectations takes seconds to import, so it is imported when first needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from expectations.catalogue import rules_of
from expectations.rule import RECORD_ID, STATUS, Native, Table, status_name
from expectations.settings import RuleSettings, Severity
from expectations.wording import wording
from warehouse import contract

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

TABLES: Final[tuple[Table, ...]] = ("forms", "funding", "indicators")
CONTRACT: Final = "contract"
"""What stands for a rule's id where an expectation is a promise of the contract."""


@dataclass(frozen=True)
class RuleResult:
    """What Great Expectations found for one rule: how many rows it looked at and how many are not as expected."""

    rule_id: str
    success: bool
    unexpected: int
    rows: int


class ContractBroken(ValueError):
    """The tables themselves break a promise of the contract; a fault of the program, not of a form."""


def no_failures(column: str) -> Native:
    """Return the expectation that a status column holds no `fail`."""
    return Native("ExpectColumnValuesToNotBeInSet", {"column": column, "value_set": ["fail"]})


def _promises(table: Table) -> list[Native]:
    """Return what holds for every row of the table whatever its form says, from the contract."""
    key = RECORD_ID[table]
    found = [Native("ExpectColumnValuesToBeUnique", {"column": key})]
    found += [Native("ExpectColumnValuesToNotBeNull", {"column": name}) for name in dict.fromkeys((key, "form_id"))]
    found += [
        Native("ExpectColumnValuesToBeInSet", {"column": name, "value_set": dtype.categories.to_list()})
        for name, dtype in contract.polars_schema(contract.FORM_TABLES[table]).items()
        if isinstance(dtype, pl.Enum)
    ]
    return found


def build_suite(table: Table, settings: RuleSettings) -> ExpectationSuite:
    """Return the suite of one table.

    Each expectation carries in its meta the id and version of its rule and both titles (`rule_id` is `contract`
    for a promise of the contract), and the severity that the settings give.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    expectations = []
    for rule in rules_of(table):
        native = rule.native or no_failures(rule.status_column)
        words = wording(rule, settings)
        meta = {"rule_id": rule.id, "rule_version": rule.version, "title": words.title_en, "title_zh": words.title_zh}
        expectations.append(
            getattr(gxe, native.expectation)(
                **native.arguments, severity=rule.severity_in(settings), meta=meta, notes=f"{rule.id} {words.title_zh}"
            )
        )
    for promise in _promises(table):
        make = getattr(gxe, promise.expectation)
        expectations.append(make(**promise.arguments, severity="critical", meta={"rule_id": CONTRACT}))
    return gx.ExpectationSuite(name=table, expectations=expectations)


def _batch(measured: pl.DataFrame, table: Table) -> Any:
    """Return what Great Expectations is given: keys, closed lists and measures, as pandas."""
    closed = [name for name, dtype in contract.polars_schema(contract.FORM_TABLES[table]).items() if dtype == pl.Enum]
    measures = [name for name, dtype in measured.schema.items() if dtype == STATUS or name.endswith("_rate")]
    keys = dict.fromkeys((RECORD_ID[table], "form_id"))
    return measured.select(*keys, *dict.fromkeys([*closed, *measures])).to_pandas()


def _context(data_docs: Path | None) -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    if data_docs is not None:
        context.add_data_docs_site(
            site_name="jixiao",
            site_config={
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(data_docs.absolute()),
                },
            },
        )
    return context


def _run(context: Any, suite: ExpectationSuite, batch: Any, data_docs: bool) -> list[Any]:
    from great_expectations.checkpoint.actions import UpdateDataDocsAction
    from great_expectations.checkpoint.checkpoint import Checkpoint
    from great_expectations.core.validation_definition import ValidationDefinition

    name = suite.name
    source = context.data_sources.add_pandas(name=name)
    whole = source.add_dataframe_asset(name=name).add_batch_definition_whole_dataframe(name)
    definition = ValidationDefinition(name=name, data=whole, suite=context.suites.add(suite))
    checkpoint = context.checkpoints.add(
        Checkpoint(
            name=name,
            validation_definitions=[context.validation_definitions.add(definition)],
            actions=[UpdateDataDocsAction(name="data_docs", site_names=["jixiao"])] if data_docs else [],
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
        )
    )
    outcome = checkpoint.run(batch_parameters={"dataframe": batch})
    return list(next(iter(outcome.run_results.values())).results)


def _verdicts(results: list[Any], expected: set[str]) -> dict[str, RuleResult]:
    """Read the results of one suite.

    Every rule must have its verdict: an expectation that was not evaluated must never look like a pass.
    """
    found: dict[str, RuleResult] = {}
    for result in results:
        rule_id = result.expectation_config.meta["rule_id"]
        if result.exception_info.get("raised_exception", False):
            raise RuntimeError(f"Great Expectations could not judge {rule_id}: {result.exception_info}")
        if rule_id == CONTRACT and not result.success:
            raise ContractBroken(f"The contract does not hold: {result.expectation_config.to_json_dict()}")
        if rule_id != CONTRACT:
            counted = result.result
            found[rule_id] = RuleResult(
                rule_id, bool(result.success), int(counted["unexpected_count"]), int(counted["element_count"])
            )
    missing = sorted(expected - found.keys())
    if missing:
        raise RuntimeError(f"Great Expectations gave no verdict on {missing}")
    return found


def judge(
    measured: Mapping[Table, pl.DataFrame], settings: RuleSettings, data_docs: Path | None = None
) -> dict[str, RuleResult]:
    """Run the suites over the measured frames in checkpoints and return the verdict on each rule.

    Args:
        measured: each table's frame with the columns of every rule's measure (`check.measure`). A table without rows
            is not run: its rules have nothing to judge.
        settings: the severities of the run.
        data_docs: a folder for Great Expectations' own HTML report; it loads its styles from the web.

    Raises:
        ContractBroken: A key repeats or is missing, or a value is not in its closed list.
        RuntimeError: Great Expectations could not evaluate an expectation, or gave no verdict on a rule.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecations are not the caller's concern
        context = _context(data_docs)
        verdicts: dict[str, RuleResult] = {}
        for table in TABLES:
            rule_ids = {rule.id for rule in rules_of(table)}
            if measured[table].is_empty():
                verdicts |= {rule_id: RuleResult(rule_id, True, 0, 0) for rule_id in rule_ids}
                continue
            suite, batch = build_suite(table, settings), _batch(measured[table], table)
            verdicts |= _verdicts(_run(context, suite, batch, data_docs is not None), rule_ids)
    return verdicts


def judge_statuses(name: str, statuses: pl.DataFrame, severities: Mapping[str, Severity]) -> dict[str, RuleResult]:
    """Run one suite over a frame with a status column for each rule, named by `rule.status_name`.

    Used for the rules on the dataset, whose rows are not the records of one table. A null status is a row that the
    rule does not look at.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        import great_expectations.expectations as gxe

        expectations = [
            getattr(gxe, native.expectation)(**native.arguments, severity=severity, meta={"rule_id": rule_id})
            for rule_id, severity in severities.items()
            for native in [no_failures(status_name(rule_id))]
        ]
        suite = gx.ExpectationSuite(name=name, expectations=expectations)
        return _verdicts(_run(_context(None), suite, statuses.to_pandas(), False), set(severities))
