"""Studies: variants of an experiment over several seeds, run one after another and compared in a document."""
