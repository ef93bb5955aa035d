"""The model bundle: item table, signatures, parity check, manifest."""
