"""Every fault of a table at once."""

import pandas as pd
import pandera.pandas as pa

NONE = pd.DataFrame({"index": pd.Series(dtype="int64"), "reason": pd.Series(dtype=object)})


def find_faults(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Check all rules of a table.

    Args:
        schema: the rules.
        frame: the typed rows, index by place in the file.

    Returns:
        ``index`` and ``reason``, one row a fault.
    """
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        if cases["index"].isna().any():
            # A rule itself failed: a fault of the program, not of the table.
            raise RuntimeError(cases[cases["index"].isna()].to_string()) from error
        faults = pd.DataFrame({"index": cases["index"].astype("int64"), "reason": cases["check"].astype(str)})
        return faults.drop_duplicates().sort_values("index", kind="stable", ignore_index=True)
    return NONE
