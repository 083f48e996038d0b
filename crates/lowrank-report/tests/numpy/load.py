"""Loads run.npz, its description and table.csv as a user would; an assertion fails if anything is not as written."""

import json

import numpy as np

z = np.load("run.npz")  # no pickles: allow_pickle is off
assert set(z.files) == {n + s for n in ("kappa", "time", "g", "nothing") for s in ("", "__axes")}, z.files
expected = np.array([[0.1, -2.0], [1e300, 5e-324], [np.nan, 6.0]])
assert z["kappa"].dtype == np.float64 and z["kappa"].flags.c_contiguous
assert np.array_equal(z["kappa"], expected, equal_nan=True), z["kappa"]
assert z["kappa__axes"].tolist() == ["time", "rank"]
assert np.array_equal(z["time"], [0.0, 0.5, 1.0]) and z["time__axes"].tolist() == ["time"]
assert z["g"].shape == () and float(z["g"]) == 1.2 and z["g__axes"].tolist() == []
assert z["nothing"].shape == (0,)

told = json.load(open("run.npz.json"))
assert told["seed"] == 7 and told["program"] == "lowrank"
for name, array in told["arrays"].items():
    assert list(z[name].shape) == array["shape"] and z[name + "__axes"].tolist() == array["axes"], name

table = np.genfromtxt("table.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
assert table["g"].tolist() == [0.1, 1e300] and table["phase"].tolist() == ["rest", "chaos"], table
