"""Augment a DataFrame of mixed types with missing values, and ask for a class by its name."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine

from gan_augment import GANAugmenter


def cellar_book():
    """Scikit-learn's wine data as a person would keep it: numbers, levels, dates and gaps."""
    wine, cultivar = load_wine(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    book = pd.DataFrame(
        {
            "alcohol": wine["alcohol"],
            "magnesium": wine["magnesium"].astype("Int64"),
            "body": pd.cut(wine["color_intensity"], 3, labels=["light", "medium", "full"]),
            "phenolic": wine["flavanoids"] > 2,
            "bottled": pd.Timestamp("2019-01-01") + pd.to_timedelta(wine["proline"] // 2, unit="D"),
        }
    )
    for name in ("alcohol", "magnesium", "bottled"):
        book.loc[rng.random(len(book)) < 0.1, name] = None
    return book, cultivar.map({0: "barolo", 1: "grignolino", 2: "barbera"}).rename("cultivar")


def main():
    X, y = cellar_book()
    augmenter = GANAugmenter(random_state=0).fit(X, y)

    print("Real rows:\n", X.assign(cultivar=y).sample(5, random_state=0), "\n")
    rows, labels = augmenter.sample(5, y="barbera", return_y=True)
    print("Synthetic rows of one class:\n", rows.assign(cultivar=labels), "\n")

    synthetic = augmenter.sample(1_000)
    assert (synthetic.dtypes == X.dtypes).all()
    print("Dtypes are kept:", synthetic.dtypes.astype(str).to_dict(), "\n")

    synthetic = augmenter.sample(y=y)
    summary = pd.DataFrame(
        {
            "missing, real": X.isna().mean(),
            "missing, synthetic": synthetic.isna().mean(),
            "mean alcohol, real": X.groupby(y)["alcohol"].mean(),
            "mean alcohol, synthetic": synthetic.groupby(y)["alcohol"].mean(),
        }
    )
    print(summary.round(2).to_string(na_rep=""))


if __name__ == "__main__":
    main()
