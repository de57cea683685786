"""From printed fields to values: money, numbers, units, dates, words, levels, comparison."""
