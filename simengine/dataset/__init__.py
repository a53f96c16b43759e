"""The data set on disk: records, shards, manifest."""
