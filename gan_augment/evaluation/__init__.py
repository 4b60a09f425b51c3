"""Whether synthetic rows and images can be trusted.

>>> from gan_augment.evaluation import quality_report
>>> report = quality_report(X, X_new, y_real=y, y_synthetic=y_new)    # doctest: +SKIP
>>> print(report.summary())                                          # doctest: +SKIP
>>> report.to_html("quality.html")                                   # doctest: +SKIP
"""

from gan_augment.evaluation.convnet import ConvClassifier
from gan_augment.evaluation.pictures import contact_sheet, image_scores
from gan_augment.evaluation.quality import QualityReport
from gan_augment.evaluation.report import quality_report

__all__ = ["ConvClassifier", "QualityReport", "contact_sheet", "image_scores", "quality_report"]
