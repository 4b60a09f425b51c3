"""A step of an imbalanced-learn Pipeline, under cross-validation and in a grid search.

The GAN sees the training rows of each fold only: the Pipeline resamples while fitting, and leaves
the rows alone while predicting.
"""

import pandas as pd
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import StandardScaler

from gan_augment import GANAugmenter, TabularGAN


def main():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    # Keep every benign tumour and one malignant one in five: malignant is the rare class.
    rare = y[y == 0].sample(frac=0.2, random_state=0).index
    X, y = X.loc[rare.union(y[y == 1].index)], y.loc[rare.union(y[y == 1].index)]
    y = (y == 0).astype(int).rename("malignant")
    print("Rows per class:", y.value_counts().to_dict())

    classifier = LogisticRegression(max_iter=1_000)
    augmenter = GANAugmenter(backend=TabularGAN(), max_steps=300, random_state=0)
    plain = make_pipeline(StandardScaler(), classifier)
    augmented = make_pipeline(augmenter, StandardScaler(), classifier)
    scoring = ["accuracy", "f1", "average_precision"]
    table = {
        name: {
            score: cross_validate(pipeline, X, y, cv=3, scoring=scoring)[f"test_{score}"].mean()
            for score in scoring
        }
        for name, pipeline in {"without": plain, "with": augmented}.items()
    }
    print(pd.DataFrame(table).T.round(3).to_string(), "\n")

    grid = {"ganaugmenter__sampling_strategy": [0.5, 1.0]}
    search = GridSearchCV(augmented, grid, cv=3, scoring="f1").fit(X, y)
    print("How far to fill the rare class, by cross-validation:", search.best_params_)


if __name__ == "__main__":
    main()
