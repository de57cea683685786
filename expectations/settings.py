"""What a run may set about the rules: severities and thresholds, each with its documented default."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Severity = Literal["critical", "warning", "info"]


class Bands(BaseModel):
    """Lower ends, in percent of the weight, of the scores that a qualitative result may get (rule R40)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reached: Decimal = Field(default=Decimal(80), ge=0, le=100, description="target reached: from here to 100 %")
    partly: Decimal = Field(default=Decimal(60), ge=0, le=100, description="partly reached: from here to `reached`")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.partly >= self.reached:
            raise ValueError(f"partly ({self.partly}) must be below reached ({self.reached})")
        return self


class RuleSettings(BaseModel):
    """The `[rules]` table of `jixiao.toml`.

    Every field has a default, so an empty table is a valid one. Amounts of tolerance are in the printed unit, scores
    and weights in points, rates and shares in percent.

    Example:
        >>> RuleSettings().reason_below_pct
        Decimal('90')
        >>> RuleSettings.model_validate({"severities": {"R61": "critical"}}).severities["R61"]
        'critical'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    severities: Mapping[str, Severity] = Field(
        default_factory=dict, description="severity by rule id, where it differs from the catalogue's"
    )
    score_tolerance: Decimal = Field(
        default=Decimal("0.01"), ge=0, description="points by which a score may differ from the computed one (R65)"
    )
    total_tolerance_per_row: Decimal = Field(
        default=Decimal("0.01"), ge=0, description="points a total may differ from its sum, for each row (R07)"
    )
    total_tolerance_most: Decimal = Field(
        default=Decimal("0.05"), ge=0, description="points a total may differ from its sum at most (R07)"
    )
    money_tolerance_per_row: Decimal = Field(
        default=Decimal("0.005"), ge=0, description="printed units a sum of money may differ, for each row (R13)"
    )
    coarse_score_pct: Decimal = Field(
        default=Decimal(1),
        ge=0,
        description="percent of the weight from which a score rounded to few decimals counts as wrong (R66)",
    )
    single_weight_most: Decimal = Field(
        default=Decimal(50), gt=0, description="points that a single indicator should not exceed (R08)"
    )
    reason_below_pct: Decimal = Field(
        default=Decimal(90), ge=0, le=100, description="execution rate below which a reason is expected (R16)"
    )
    over_explain_pct: Decimal = Field(
        default=Decimal(30), gt=0, description="percent above the target from which a reason is expected (R30)"
    )
    over_low_target_pct: Decimal = Field(
        default=Decimal(100), gt=0, description="percent above the target from which the target looks too low (R30)"
    )
    over_magnitude: Decimal = Field(
        default=Decimal(10), gt=1, description="times the target from which an actual looks like a slip (R93)"
    )
    bands: Bands = Field(default_factory=Bands, description="bands of qualitative results, the ministry's")
    regional_bands: Mapping[str, Bands] = Field(
        default_factory=lambda: {
            region: Bands(reached=Decimal(80), partly=Decimal(50))
            for region in ("湖北", "武汉", "黄冈", "随州", "济南")
        },
        description="bands where the department, unit or title names the region",
    )
    execution_bands: Mapping[Decimal, Decimal] = Field(
        default_factory=lambda: {
            Decimal(90): Decimal(100),
            Decimal(80): Decimal(80),
            Decimal(60): Decimal(50),
        },
        description="bands of budget execution: from this rate on, so many percent of the weight; below all, 0 (R12)",
    )
    ocr_certainty: Decimal = Field(
        default=Decimal("0.8"),
        ge=0,
        le=1,
        description="certainty of the OCR below which a figure must be confirmed by the form's arithmetic (R55), and a "
        "name is listed (R100)",
    )
    wide_limit: Decimal = Field(
        default=Decimal(5), gt=1, description="times the actual from which a limit looks too wide to say much (R32)"
    )
    goal_shortest: int = Field(
        default=10, ge=1, description="characters that the text on what was done has at least (R75)"
    )
    narrative_share_pct: Decimal = Field(
        default=Decimal(10), gt=0, description="percent within which a number in the text is near an actual (R76)"
    )
    target_change_pct: Decimal = Field(
        default=Decimal(50), gt=0, description="percent by which a target may change from one year to the next (D02)"
    )
    shrink_pct: Decimal = Field(
        default=Decimal(0), ge=0, description="percent of its rows that a table may lose between releases (D03)"
    )
    quarantine_pct: Decimal = Field(
        default=Decimal(20), ge=0, le=100, description="percent of the forms that may be held back in a run (D04)"
    )
    drift_pct: Decimal = Field(
        default=Decimal(10), gt=0, description="percentage points that a share may move between releases (D05)"
    )
    drift_least_rows: int = Field(
        default=100, ge=1, description="rows that a table has in both releases before its shares are compared (D05)"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.over_low_target_pct < self.over_explain_pct:
            raise ValueError("over_low_target_pct must not be below over_explain_pct")
        return self

    def digest(self) -> str:
        """Return a short digest of all values: equal settings have equal digests.

        Example:
            >>> RuleSettings().digest() == RuleSettings(reason_below_pct=Decimal(80)).digest()
            False
        """
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def exact(value: Any) -> Any:
    """Replace the floats of a table by their printed form, which is read exactly: 0.05 stays 0.05.

    Example:
        >>> exact({"score_tolerance": 0.05, "bands": {"reached": 80}})
        {'score_tolerance': '0.05', 'bands': {'reached': 80}}
    """
    if isinstance(value, Mapping):
        return {key: exact(inner) for key, inner in value.items()}
    return str(value) if isinstance(value, float) else value
