"""Whether synthetic rows can be trusted.

>>> from gan_augment.evaluation import quality_report
>>> report = quality_report(X, X_new, y_real=y, y_synthetic=y_new)    # doctest: +SKIP
>>> print(report.summary())                                          # doctest: +SKIP
>>> report.to_html("quality.html")                                   # doctest: +SKIP
"""

from gan_augment.evaluation.report import QualityReport, quality_report

__all__ = ["QualityReport", "quality_report"]
