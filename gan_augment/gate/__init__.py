"""What `AugmentedClassifier` is made of: candidates, their supply, inner folds, the rule."""
