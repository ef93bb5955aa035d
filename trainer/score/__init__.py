"""The final score: a declared formula over what the model predicts and number columns of the items."""
