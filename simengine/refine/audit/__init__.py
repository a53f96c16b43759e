"""The label audit: whether every labelled object is still where its label says, with no network."""
