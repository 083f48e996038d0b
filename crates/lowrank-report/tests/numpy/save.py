"""Saves the same six numbers in every way that is read, and some arrays that are refused (bad*.npy)."""

import numpy as np

values = np.array([-1, 2, 3, 4, 5, 6])
for kind in ("f4", "f8", "i4", "i8"):
    for order in "<>":
        array = values.astype(order + kind)
        name = ("little" if order == "<" else "big") + kind
        np.save(f"vector-{name}.npy", array)
        np.save(f"matrix-c-{name}.npy", array.reshape(2, 3))
        np.save(f"matrix-f-{name}.npy", np.asfortranarray(array.reshape(2, 3)))
for version in ((1, 0), (2, 0), (3, 0)):
    with open(f"vector-version-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype("f8"), version=version)

np.save("bad-complex.npy", values.astype("c16"))
np.save("bad-object.npy", np.array([{}, []], dtype=object), allow_pickle=True)
np.save("bad-bool.npy", values > 2)
np.save("bad-half.npy", values.astype("f2"))
np.save("bad-record.npy", np.array([(1.0, 2)], dtype=[("a", "f8"), ("b", "i4")]))
np.save("bad-scalar.npy", np.float64(1.0))
np.save("bad-cube.npy", np.zeros((1, 2, 3)))
