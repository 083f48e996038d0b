"""The phase diagram of benches/sweep.rs in plain NumPy, and one single network: what a careful user would write.

dx/dt = -x + (g chi + m n^T / N) phi(x) with phi = tanh, forward Euler; m and n have mean sqrt(strength), variance one.
Every unit of time kappa = n . phi(x) / N and x are sampled, for |<kappa>_t| and <std_t(x_i)>_i over the whole run.

Parts, all of them unless named: cells-f64 and cells-f32 advance one cell after the other, one product with a vector a
step (a subset of the cells, scaled to all); batched-f64 and batched-f32 advance blocks of cells, one product with a
matrix a step; single-f64 is one network of its own size. One line of JSON: seconds of wall and of processor time each.
"""

import argparse
import json
import sys
import time

import numpy as np

PARTS = ["cells-f64", "cells-f32", "batched-f64", "batched-f32", "single-f64"]


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--neurons", type=int, default=500, help="neurons of the diagram's networks (500)")
    parser.add_argument("--points", type=int, default=50, help="values of g and of the strength in [0, 4] (50)")
    parser.add_argument("--time", type=float, default=100.0, help="length of a run of the diagram (100)")
    parser.add_argument("--step", type=float, default=0.1, help="Euler step, which divides the unit of time (0.1)")
    parser.add_argument("--block", type=int, default=250, help="cells a block (250)")
    parser.add_argument("--subset", type=int, default=10, help="cells that are timed one by one (10)")
    parser.add_argument("--single-neurons", type=int, default=1000, help="neurons of the single network (1000)")
    parser.add_argument("--single-time", type=float, default=200.0, help="length of its run (200)")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]}; known: {', '.join(PARTS)}")
    return given


class Network:
    """What the cells share: the bulk, and the random parts of m, n and x(0)."""

    def __init__(self, neurons, dtype):
        rng = np.random.default_rng(1)
        self.neurons, self.dtype = neurons, dtype
        self.chi = (rng.standard_normal((neurons, neurons)) / np.sqrt(neurons)).astype(dtype)
        self.m, self.n, self.noise = (rng.standard_normal(neurons).astype(dtype) for _ in range(3))

    def vectors(self, strength):
        mean = np.sqrt(strength).astype(self.dtype)
        m, n = self.m[:, None] + mean, self.n[:, None] + mean
        return m, n, m + self.noise[:, None]


def one_by_one(network, cells, duration, step):
    """|<kappa>| and <std x> of each cell: one product of its whole J with a vector a step."""
    per_unit, steps = round(1 / step), round(duration / step)
    results = []
    for g, strength in cells:
        m, n, x = (column[:, 0] for column in network.vectors(np.array([strength])))
        j = network.dtype(g) * network.chi + np.outer(m, n) / network.dtype(network.neurons)
        x, dt = x.copy(), network.dtype(step)
        samples, kappas = [], []
        for k in range(steps + 1):
            rates = np.tanh(x)
            if k % per_unit == 0:
                samples.append(x.copy())
                kappas.append(n @ rates / network.neurons)
            x += dt * (j @ rates - x)
        results.append((abs(np.mean(kappas)), np.std(samples, axis=0).mean()))
    return np.array(results)


def batched(network, cells, duration, step, block):
    """The same for blocks of cells: one product chi phi(X) a step, in place wherever NumPy can."""
    per_unit, steps = round(1 / step), round(duration / step)
    results = []
    for first in range(0, len(cells), block):
        g, strength = np.array(cells[first : first + block]).T
        g, dt = g.astype(network.dtype), network.dtype(step)
        m, n, x = network.vectors(strength)
        rates, drive, term = np.empty_like(x), np.empty_like(x), np.empty_like(x)
        total, square, kappas, taken = np.zeros(x.shape), np.zeros(x.shape), 0.0, 0
        for k in range(steps + 1):
            np.tanh(x, out=rates)
            kappa = np.einsum("ij,ij->j", n, rates) / network.dtype(network.neurons)
            if k % per_unit == 0:
                total += x
                square += np.square(x, dtype=np.float64)
                kappas, taken = kappas + kappa, taken + 1
            np.matmul(network.chi, rates, out=drive)
            drive *= g
            np.multiply(m, kappa, out=term)
            drive += term
            drive -= x
            drive *= dt
            x += drive
        deviation = np.sqrt(np.maximum(square / taken - np.square(total / taken), 0.0))
        results.append(np.column_stack([np.abs(kappas) / taken, deviation.mean(axis=0)]))
    return np.concatenate(results)


def timed(work, scale=1.0):
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    spent = {"seconds": (time.perf_counter() - wall) * scale, "cpu_seconds": (time.process_time() - processor) * scale}
    return spent | {"structure": float(result[:, 0].mean()), "chaoticity": float(result[:, 1].mean())}


def main():
    given = options()
    values = np.linspace(0.0, 4.0, given.points)
    cells = [(g, strength) for strength in values for g in values]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    record = {"python": sys.version.split()[0], "numpy": np.__version__, "blas": f"{blas['name']} {blas['version']}"}
    for part in given.parts or PARTS:
        kind, precision = part.split("-")
        dtype = np.float64 if precision == "f64" else np.float32
        if kind == "single":
            network = Network(given.single_neurons, dtype)
            record[part] = timed(lambda: one_by_one(network, [(1.5, 1.0)], given.single_time, given.step))
            continue
        network = Network(given.neurons, dtype)
        if kind == "batched":
            record[part] = timed(lambda: batched(network, cells, given.time, given.step, given.block))
        else:
            subset = cells[:: max(1, len(cells) // given.subset)][: given.subset]
            scale = len(cells) / len(subset)
            record[part] = timed(lambda: one_by_one(network, subset, given.time, given.step), scale)
            record[part] |= {"cells_timed": len(subset), "cells": len(cells)}
    print(json.dumps(record))


main()
