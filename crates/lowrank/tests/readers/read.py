"""Reads every table under a folder with pandas and polars, no option given, and says what comes out otherwise than it is written.

A column whose cells are all numbers or empty must come as numbers, empty cells as missing, names as the first line has them.
"""

import csv
import pathlib
import sys

import pandas
import polars


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def columns(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}


def faults(path):
    written = columns(path)
    pandas_table, polars_table = pandas.read_csv(path), polars.read_csv(path)
    for reader, names in [("pandas", list(pandas_table.columns)), ("polars", polars_table.columns)]:
        if names != list(written):
            yield f"{path}: {reader}: names {names}"
            return
    for name, cells in written.items():
        filled = [cell for cell in cells if cell != ""]
        missing = len(cells) - len(filled)
        numbers = bool(filled) and all(map(is_number, filled))
        read = {
            "pandas": (
                pandas.api.types.is_numeric_dtype(pandas_table[name]),
                int(pandas_table[name].isna().sum()),
                [str(cell) for cell in pandas_table[name].dropna()],
            ),
            "polars": (
                polars_table[name].dtype.is_numeric(),
                polars_table[name].null_count(),
                [str(cell) for cell in polars_table[name].drop_nulls()],
            ),
        }
        for reader, (is_numeric, empty, values) in read.items():
            if filled and is_numeric != numbers:
                yield f"{path}: {reader}: {name} is {'' if is_numeric else 'not '}numeric"
            elif empty != missing:
                yield f"{path}: {reader}: {name} has {empty} missing, {missing} are empty"
            elif numbers and [float(value) for value in values] != [float(cell) for cell in filled]:
                yield f"{path}: {reader}: {name} has other numbers"
            elif not numbers and values != filled:
                yield f"{path}: {reader}: {name} has other text"


tables = sorted(pathlib.Path(sys.argv[1]).rglob("*.csv"))
found = [fault for path in tables for fault in faults(path)]
print("\n".join(found) or f"{len(tables)} tables")
sys.exit(bool(found))
