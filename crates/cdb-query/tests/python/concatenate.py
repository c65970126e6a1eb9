"""Concatenates Parquet files with pyarrow, pandas and polars. Prints, for each, the types and the
values of the columns as JSON."""

import json
import sys

import pandas
import polars
import pyarrow
import pyarrow.parquet


def main(*files):
    # Tables with different schemas are an error.
    table = pyarrow.concat_tables(map(pyarrow.parquet.read_table, files))
    plain = pandas.concat(map(pandas.read_parquet, files), ignore_index=True)
    nullable = pandas.concat(
        [pandas.read_parquet(file, dtype_backend="numpy_nullable") for file in files],
        ignore_index=True,
    )
    # "vertical" does not cast: frames with different types are an error.
    frame = polars.concat(map(polars.read_parquet, files), how="vertical")
    print(json.dumps({
        "pyarrow": {
            "types": {field.name: str(field.type) for field in table.schema},
            "values": values(table.to_pydict()),
        },
        "pandas": {
            "types": {name: str(dtype) for name, dtype in plain.dtypes.items()},
            "values": values({name: column.tolist() for name, column in plain.items()}),
        },
        "pandas, nullable": {
            "types": {name: str(dtype) for name, dtype in nullable.dtypes.items()},
            "values": values({name: column.tolist() for name, column in nullable.items()}),
        },
        "polars": {
            "types": {name: str(dtype) for name, dtype in frame.schema.items()},
            "values": values(frame.to_dict(as_series=False)),
        },
    }))


def values(columns):
    """Writes times as seconds and missing values as null."""
    def value(of):
        if pandas.isna(of):
            return None
        return of.timestamp() if hasattr(of, "timestamp") else of

    return {name: [value(of) for of in column] for name, column in columns.items()}


main(*sys.argv[1:])
