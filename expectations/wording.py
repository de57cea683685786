"""What a rule is called and why it is there, with the thresholds that a run has set."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel

from expectations.settings import RuleSettings

if TYPE_CHECKING:
    from expectations.dataset import DatasetRule
    from expectations.rule import Rule


class Wording(NamedTuple):
    """The texts of a rule for people: no placeholder is left in them."""

    title_zh: str
    title_en: str
    why_zh: str
    why_en: str

    def title(self, language: str) -> str:
        """Return the title in a language, `en` or `zh`."""
        return self.title_zh if language == "zh" else self.title_en


def wording(rule: Rule | DatasetRule, settings: RuleSettings) -> Wording:
    """Return the texts of a rule as a run with these settings means them.

    `{reason_below_pct}` in a text stands for that setting.

    Raises:
        KeyError: A text names a setting that is not there.

    Example:
        >>> from expectations.catalogue import RULES
        >>> low = next(rule for rule in RULES if rule.id == "R16")
        >>> wording(low, RuleSettings(reason_below_pct=Decimal("85.0"))).title_en
        'An execution rate below 85 % has a reason; so has a budget changed during the year'
    """
    printed = dict(_printed("", settings))
    return Wording(*(text.format_map(printed) for text in (rule.title_zh, rule.title_en, rule.why_zh, rule.why)))


def _printed(prefix: str, settings: BaseModel) -> list[tuple[str, str]]:
    """Name every number of the settings: `bands_reached` is `reached` of `bands`."""
    found = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            found += _printed(f"{prefix}{name}_", value)
        elif isinstance(value, Decimal | int):
            found.append((f"{prefix}{name}", f"{Decimal(value).normalize():f}"))
    return found
