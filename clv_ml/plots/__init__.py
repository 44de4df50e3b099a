"""Plots, one function each: of a model or a result, into given axes or into new ones.

Every function takes ``ax``, a matplotlib Axes to draw into; without it a figure is made that belongs to the caller
alone: pyplot is not imported, no window opens, nothing has to be closed. A notebook shows what comes back;
``ax.figure.savefig("plot.png", dpi=150)`` writes it. What happened is dark, with circles and full lines; what a model
says is blue, with squares and dashes: they are told apart in grey too.

=============================  =======================================================================================
plot_period_transactions       customers by number of repeat purchases, and as the model has them
plot_tracking                  repeat purchases over time, before and after the cutoff
plot_holdout                   purchases after the cutoff by earlier purchases or by days since the last one
plot_alive_matrix              P(alive) by recency and frequency
plot_frequency_recency_matrix  expected purchases by recency and frequency
plot_spend                     mean spend of customers, and as the model has it
plot_cohorts                   forecast against actual by cohort
plot_horizons                  forecast against actual of one cohort over the horizons
plot_errors                    errors by cohort and cutoff
plot_calibration               can the probabilities be taken at their word (reliability diagram)
plot_accuracy                  AUC of each score in each group of customers
plot_sufficiency               AUC by number of first days known
plot_capacity                  expected profit by number of contacts
plot_effect                    what contacting changed
plot_retention                 who comes back: the retention triangle
plot_payback                   when cohorts have paid back what winning them cost
=============================  =======================================================================================

:func:`example_shop` is the data of the examples: real customers, fitted and judged.
"""

from clv_ml.plots.campaigns import plot_capacity, plot_effect
from clv_ml.plots.churn import plot_accuracy, plot_calibration, plot_sufficiency
from clv_ml.plots.cohorts import plot_cohorts, plot_errors, plot_horizons
from clv_ml.plots.economics import plot_payback, plot_retention
from clv_ml.plots.example import ExampleShop, example_shop
from clv_ml.plots.matrices import plot_alive_matrix, plot_frequency_recency_matrix
from clv_ml.plots.values import plot_holdout, plot_period_transactions, plot_spend, plot_tracking

__all__ = [
    "ExampleShop",
    "example_shop",
    "plot_accuracy",
    "plot_alive_matrix",
    "plot_calibration",
    "plot_capacity",
    "plot_cohorts",
    "plot_effect",
    "plot_errors",
    "plot_frequency_recency_matrix",
    "plot_holdout",
    "plot_horizons",
    "plot_payback",
    "plot_period_transactions",
    "plot_retention",
    "plot_spend",
    "plot_sufficiency",
    "plot_tracking",
]
