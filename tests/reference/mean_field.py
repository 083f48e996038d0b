#!/usr/bin/env python3
"""Reference solutions of the mean-field equations (writes mean_field.csv).

Networks with couplings J = g x random + rank-one structure m n^T / N, N -> infinity.
With <f> = int Dz f(mu + sqrt(D) z), C_f(c) = int Dz [int Dy f(mu + sqrt(D-c) y
+ sqrt(c) z)]^2, phi the transfer function and Phi its primitive, the unknowns are

  kappa = M_n <phi> + (kappa S_mn + S_nI) <phi'>          (overlap)
  mu    = kappa M_m + M_I                                 (mean)
  su2   = kappa^2 S_mm + 2 kappa S_mI + S_II              (quenched structured variance)
  stationary:  delta_0 = g^2 <phi^2> + su2,
  chaotic:     delta_inf = g^2 C_phi(delta_inf) + su2,
               V(delta_0) = V(delta_inf),   delta_inf < delta_0,
               V(c) = -c^2/2 + g^2 C_Phi(c) + su2 c       (averages at D = delta_0)

and, for the chaotic state, the autocovariance Delta(tau) from
Delta'^2/2 + V(Delta) = V(delta_0), Delta(0) = delta_0, Delta'(0) = 0.
rho = g sqrt(<phi'^2>) is the spectral radius of the random part of the linearisation.

Cases (all tanh, except the last):
  stationary_upper  M_m 1.1, M_n 2, S_mm = S_nn = 1, g 1.2: the branch of largest kappa
  instability       same means and variances: the g at which rho = 1 on that branch
  end_structured    same: the g where structured chaos ends in central chaos (kappa = 0,
                    delta_inf = 0, M_m M_n <phi'> = 1)
  structured_chaos  same, g 2.0: chaotic solution with kappa > 0
  central_chaos_gX  no structure, g X: delta_inf = 0; for g 2 also Delta(1), (2), (4)
  correlated_input  M_m 1, M_n 1.2, S_mm 1, S_mn 0.8, S_nn 2, M_I 0.3, S_mI 0.2, S_nI 0.5,
                    S_II 0.6, g 2.8: chaotic solution of largest kappa, with Delta(tau)
  one_plus_tanh     1 + tanh, no structure, no input, g 1.5: smallest positive delta_0

Note on quantities: phi_sq is <phi^2> = C_phi(delta_0), the equal-time second moment of
the rates; delta_0_over_g2 is delta_0 / g^2. Without structure and input the two are
equal in a stationary state, but different in a chaotic one (delta_0 is the variance of
x, g^2 <phi^2> that of its drive).

Method: scans and brackets in double precision; the roots are then polished by a chord
Newton iteration on equations evaluated with 30 digits (trapezoid rule, step-halving
checked) and printed with 20. Delta(tau) is the energy integral in extended precision
(numpy.longdouble, 64-bit mantissa on x86), where Delta = delta_0 - w^2 removes the
square-root singularity; it is printed with 16 digits, checked against a refined
quadrature and against direct integration of Delta'' = -V'(Delta).

Needs numpy, scipy, mpmath and gaussian_averages.py beside this file. Rerun with
    python3 mean_field.py
(a few minutes on one core).
"""

import csv
import os
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from mpmath import mp, mpf
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import gaussian_averages as ga

mp.dps = 30
HERE = os.path.dirname(os.path.abspath(__file__))
LD = np.longdouble
ROWS = []


@dataclass(frozen=True)
class Ensemble:
    """Means and second moments, as decimal strings to be exact in any precision."""
    m_m: str = "0"
    m_n: str = "0"
    s_mm: str = "0"
    s_mn: str = "0"
    m_i: str = "0"
    s_mi: str = "0"
    s_ni: str = "0"
    s_ii: str = "0"

    def closure(self, kappa, number):
        """(mu, su2) for this kappa, in the arithmetic of `number`."""
        v = {k: number(getattr(self, k)) for k in ("m_m", "m_i", "s_mm", "s_mi", "s_ii")}
        return (kappa * v["m_m"] + v["m_i"],
                kappa * kappa * v["s_mm"] + 2 * kappa * v["s_mi"] + v["s_ii"])

    def overlap(self, kappa, phi, dphi, number):
        return (number(self.m_n) * phi
                + (kappa * number(self.s_mn) + number(self.s_ni)) * dphi)


# --------------------------------------------------- fast averages (numpy, tanh only)

def np_tanh(x):
    """phi, phi', Phi for tanh."""
    e = np.exp(-2 * np.abs(x))
    return (np.sign(x) * (1 - e) / (1 + e), 4 * e / (1 + e) ** 2,
            np.abs(x) + np.log1p(e) - np.log(x.dtype.type(2)))


@lru_cache(maxsize=4096)
def nodes(d, kind):
    """Trapezoid nodes and weights; the step resolves the pole of tanh at distance
    pi / (2 sqrt(d)) to below the rounding error of `kind`."""
    step = min(0.4, (0.28 if kind is np.float64 else 0.21) / np.sqrt(max(float(d), 1e-6)))
    n = int(np.ceil((8.5 if kind is np.float64 else 9.5) / step))
    z = np.arange(-n, n + 1).astype(kind) * kind(step)
    w = np.exp(-z * z / 2)
    return z, w / w.sum()


def fast_single(mu, d, kind=np.float64):
    """<phi>, <phi'>, <Phi>, <phi^2>, <phi'^2>, <Phi^2>."""
    z, w = nodes(d, kind)
    p, d1, prim = np_tanh(mu + np.sqrt(d) * z)
    return [w @ f for f in (p, d1, prim, p * p, d1 * d1, prim * prim)]


def fast_pair(mu, d, c, kind=np.float64):
    """C_phi(c), C_Phi(c), 0 <= c <= d."""
    z, w = nodes(d, kind)
    u = mu + np.sqrt(max(d - c, kind(0))) * z[None, :] + np.sqrt(c) * z[:, None]
    p, _, prim = np_tanh(u)
    return w @ (p @ w) ** 2, w @ (prim @ w) ** 2


class Potential:
    """V and V' at fixed mu, delta_0 = d, g, su2."""

    def __init__(self, mu, d, g, su2, kind=np.float64):
        self.mu, self.d, self.g2, self.su2, self.kind = mu, d, g * g, su2, kind

    def value(self, c):
        return (-c * c / 2 + self.g2 * fast_pair(self.mu, self.d, c, self.kind)[1]
                + self.su2 * c)

    def slope(self, c):
        return -c + self.g2 * fast_pair(self.mu, self.d, c, self.kind)[0] + self.su2


# ------------------------------------------------------------ averages with 30 digits

def mp_single_step(transfer, mu, d, step):
    s = mp.sqrt(d)
    n = int(mp.ceil(13 * s / step))
    totals = [mpf(0)] * 10
    for k in range(-n, n + 1):
        w = ga.density(k * step / s) * step / s
        values = ga.single_integrands(ga.smooth(transfer, mu + k * step))
        totals = [t + w * v for t, v in zip(totals, values)]
    return dict(zip(ga.SINGLE_COLUMNS, totals))


def mp_single(mu, d, transfer="tanh"):
    step = min(mpf("0.12"), mpf("0.4") * mp.sqrt(d))
    coarse = mp_single_step(transfer, mu, d, step)
    fine = mp_single_step(transfer, mu, d, step / 2)
    assert all(abs(coarse[k] - fine[k]) < mpf(10) ** -24 * (1 + abs(fine[k])) for k in fine)
    return fine


def mp_pair(mu, d, c):
    """C_phi(c), C_Phi(c) for tanh, 0 < c < d."""
    step = ga.pair_step(d, c)
    coarse = ga.smooth_pair_step("tanh", (0, 4), mu, d, c, step)
    fine = ga.smooth_pair_step("tanh", (0, 4), mu, d, c, step / 2)
    assert all(abs(a - b) < mpf(10) ** -24 for a, b in zip(coarse, fine))
    return fine


def polish(residual, start):
    """Chord Newton iteration: Jacobian by differences once, then simplified steps until
    they are below 1e-25."""
    x = mp.matrix(start)
    n = len(x)
    f = residual(*x)
    jacobian = mp.matrix(n, n)
    eps = mpf(10) ** -12
    for j in range(n):
        shifted = list(x)
        shifted[j] += eps
        for i, v in enumerate(residual(*shifted)):
            jacobian[i, j] = (v - f[i]) / eps
    for _ in range(12):
        step = mp.lu_solve(jacobian, mp.matrix(f))
        x -= step
        f = residual(*x)
        if max(abs(v) for v in step) < mpf(10) ** -25:
            break
    else:
        raise AssertionError("no convergence")
    assert max(abs(a - b) for a, b in zip(x, start)) < mpf(10) ** -6  # same root
    return list(x)


# ----------------------------------------------------------------------- root finding

def stationary_delta(g, mu, su2):
    """The largest delta_0 = g^2 <phi^2> + su2, in double precision."""
    top = g * g + su2
    grid = np.linspace(top, max(su2, 1e-9), 60)

    def excess(d):
        return g * g * fast_single(mu, d)[3] + su2 - d

    for high, low in zip(grid, grid[1:]):
        if excess(low) >= 0:
            return brentq(excess, low, high, xtol=1e-15, rtol=1e-14)
    return None


def chaotic_deltas(g, mu, su2):
    """The chaotic (delta_0, delta_inf), in double precision, or None. C_phi is convex in
    c, so V' is; delta_inf is its smaller zero, a maximum of V. Scans delta_0 down from
    the stationary value, where V(delta_0) < V(delta_inf) if that state is unstable."""
    top = stationary_delta(g, mu, su2)
    if top is None or g * g * fast_single(mu, top)[4] <= 1:
        return None

    def inner(d):
        pot = Potential(mu, d, g, su2)
        low, high = 0.0, d  # the minimum of V', by trisection
        for _ in range(60):
            a, b = low + (high - low) / 3, high - (high - low) / 3
            if pot.slope(a) < pot.slope(b):
                high = b
            else:
                low = a
        least = (low + high) / 2
        if pot.slope(least) >= 0:
            return None
        if pot.slope(0.0) <= 0:
            return 0.0
        return brentq(pot.slope, 0.0, least, xtol=1e-15, rtol=1e-14)

    def energy(d):
        c = inner(d)
        if c is None:
            return None
        pot = Potential(mu, d, g, su2)
        return pot.value(d) - pot.value(c)

    previous = top
    for d in np.linspace(top, su2, 40)[1:-1]:
        e = energy(d)
        if e is None:
            return refine_edge(energy, inner, d, previous)
        if e >= 0:
            d0 = brentq(energy, d, previous, xtol=1e-14, rtol=1e-13)
            return d0, inner(d0)
        previous = d
    return None


def refine_edge(energy, inner, low, high):
    """Root between `low` (no zero of V' there) and `high` (energy < 0)."""
    for _ in range(50):
        middle = (low + high) / 2
        e = energy(middle)
        if e is None:
            low = middle
        elif e < 0:
            high = middle
        else:
            d0 = brentq(energy, middle, high, xtol=1e-14, rtol=1e-13)
            return d0, inner(d0)
    return None


def overlap_roots(ensemble, deltas, grid):
    """All kappa on the grid's range with kappa = overlap, where deltas(kappa) gives
    (delta_0, ...) or None; returns [(kappa, deltas)] with kappa descending."""

    def excess(kappa):
        found = deltas(kappa)
        if found is None:
            return None
        p, d1 = fast_single(ensemble.closure(kappa, float)[0], found[0])[:2]
        return ensemble.overlap(kappa, p, d1, float) - kappa

    values = [excess(k) for k in grid]
    roots = []
    for (a, fa), (b, fb) in zip(zip(grid, values), zip(grid[1:], values[1:])):
        if fa is not None and fb is not None and fa * fb < 0:
            k = brentq(excess, a, b, xtol=1e-12, rtol=1e-12)
            roots.append((k, deltas(k)))
    return sorted(roots, reverse=True)


# ---------------------------------------------------------------------- the solutions

def mp_chaotic(ensemble, g, start):
    """Polished (kappa, delta_0, delta_inf)."""

    def residual(kappa, d0, dinf):
        mu, su2 = ensemble.closure(kappa, mpf)
        s = mp_single(mu, d0)
        c_phi, c_prim = mp_pair(mu, d0, dinf)
        return [ensemble.overlap(kappa, s["phi"], s["dphi"], mpf) - kappa,
                g * g * c_phi + su2 - dinf,
                (dinf ** 2 - d0 ** 2) / 2 + g * g * (s["primitive_sq"] - c_prim)
                + su2 * (d0 - dinf)]

    return polish(residual, start)


def to_ld(x):
    return LD(mp.nstr(x, 25))


def autocovariance(mu, d0, dinf, g, su2, taus):
    """Delta(tau) by the energy integral. With Delta = d0 - w^2,
    tau(w) = int_0^w 2 w' / sqrt(2 (V(d0) - V(d0 - w'^2))) dw'."""
    mu, d0, dinf, g, su2 = map(to_ld, (mu, d0, dinf, g, su2))
    pot = Potential(mu, d0, g, su2, LD)
    top = pot.value(d0)

    def rule(n):
        with mp.workdps(30):
            zs = [mp.findroot(lambda x: mp.legendre(n, x), mpf(x0))
                  for x0 in np.polynomial.legendre.leggauss(n)[0]]
            ws = [2 * (1 - x * x) / (n * mp.legendre(n - 1, x)) ** 2 for x in zs]
        return (np.array([(1 + to_ld(x)) / 2 for x in zs]),
                np.array([to_ld(w) / 2 for w in ws]))

    inner_x, inner_w = rule(12)

    def integrand(w):
        h = w * w
        if h < 0.05 * d0:  # V(d0) - V(d0 - h) = h x mean of V' : no cancellation
            drop_over_h = sum(b * pot.slope(d0 - h * a) for a, b in zip(inner_x, inner_w))
        else:
            drop_over_h = (top - pot.value(d0 - h)) / h
        return 2 / np.sqrt(2 * drop_over_h)

    w_max = np.sqrt(d0 - dinf)

    def panels(upper, count):
        """Panels shrinking towards w_max, where the integrand has its pole."""
        t = np.log1p(-upper / w_max)
        return [w_max * -np.expm1(t * LD(k) / count) for k in range(count + 1)]

    def tau_of(upper, count, rule_x, rule_w):
        ends = panels(upper, count)
        return sum((b - a) * y * integrand(a + (b - a) * x)
                   for a, b in zip(ends, ends[1:]) for x, y in zip(rule_x, rule_w))

    coarse_rule, fine_rule = rule(8), rule(14)

    # Independent check and starting values: the equation of motion itself.
    pot64 = Potential(float(mu), float(d0), float(g), float(su2))
    path = solve_ivp(lambda _, y: [y[1], -pot64.slope(min(y[0], float(d0)))],
                     (0, max(taus)), [float(d0), 0.0], method="DOP853", t_eval=taus,
                     rtol=1e-13, atol=1e-14)

    result = []
    for tau, start in zip(taus, path.y[0]):
        w = np.sqrt(d0 - LD(start))
        for _ in range(3):
            w -= (tau_of(w, 4, *coarse_rule) - tau) / integrand(w)
        error = (tau_of(w, 6, *fine_rule) - tau) / integrand(w)
        w -= error
        delta = d0 - w * w
        print(f"  tau {tau}: Delta {delta}  quadrature {float(2 * w * error):.1e}"
              f"  equation of motion {float(delta - LD(start)):.1e}")
        assert abs(2 * w * error) < 1e-14 and abs(delta - LD(start)) < 1e-10
        result.append(delta)
    return result


def record(name, **quantities):
    for quantity, value in quantities.items():
        if isinstance(value, LD):
            value = np.format_float_scientific(value, precision=15, unique=False)
        elif value == 0:
            value = "0"
        else:
            value = mp.nstr(value, 20, strip_zeros=False, min_fixed=0, max_fixed=0)
        print(name, quantity, value, flush=True)
        ROWS.append((name, quantity, value))


def record_state(name, g, kappa, mu, d0, dinf=None):
    s = mp_single(mu, d0)
    quantities = dict(kappa=kappa, mu=mu, delta_0=d0)
    if dinf is not None:
        quantities["delta_inf"] = dinf
    record(name, **quantities, phi=s["phi"], phi_sq=s["phi_sq"],
           rho=g * mp.sqrt(s["dphi_sq"]))


PAIR = Ensemble(m_m="1.1", m_n="2", s_mm="1")


def stationary_upper():
    g = 1.2

    def deltas(kappa):
        mu, su2 = PAIR.closure(kappa, float)
        d = stationary_delta(g, mu, su2)
        return None if d is None else (d,)

    roots = overlap_roots(PAIR, deltas, np.linspace(0.02, 3, 150))
    print("stationary kappa > 0 at g = 1.2:", [r[0] for r in roots])
    g = mpf("1.2")

    def residual(kappa, d0):
        mu, su2 = PAIR.closure(kappa, mpf)
        s = mp_single(mu, d0)
        return [mpf(PAIR.m_n) * s["phi"] - kappa, g * g * s["phi_sq"] + su2 - d0]

    kappa, d0 = polish(residual, [roots[0][0], roots[0][1][0]])
    record_state("stationary_upper", g, kappa, PAIR.closure(kappa, mpf)[0], d0)


def instability():
    def upper(g):
        def deltas(kappa):
            mu, su2 = PAIR.closure(kappa, float)
            d = stationary_delta(g, mu, su2)
            return None if d is None else (d,)
        kappa, (d0,) = overlap_roots(PAIR, deltas, np.linspace(0.1, 2.1, 41))[0]
        return kappa, d0

    def excess(g):
        kappa, d0 = upper(g)
        return g * np.sqrt(fast_single(1.1 * kappa, d0)[4]) - 1

    g = brentq(excess, 1.5, 2.0, xtol=1e-10)
    kappa, d0 = upper(g)

    def residual(kappa, d0, g):
        mu, su2 = PAIR.closure(kappa, mpf)
        s = mp_single(mu, d0)
        return [mpf(PAIR.m_n) * s["phi"] - kappa, g * g * s["phi_sq"] + su2 - d0,
                g * g * s["dphi_sq"] - 1]

    kappa, d0, g = polish(residual, [kappa, d0, g])
    record("instability", g=g)
    record_state("instability", g, kappa, PAIR.closure(kappa, mpf)[0], d0)


def end_structured():
    start = brentq(lambda d: 2.2 * fast_single(0.0, d)[1] - 1, 0.01, 50)
    (d0,) = polish(lambda d: [mpf(PAIR.m_m) * mpf(PAIR.m_n) * mp_single(mpf(0), d)["dphi"] - 1],
                   [start])
    s = mp_single(mpf(0), d0)
    g = d0 / mp.sqrt(2 * (s["primitive_sq"] - s["primitive"] ** 2))
    record("end_structured", g=g, kappa=mpf(0), delta_0=d0, delta_inf=mpf(0),
           phi_sq=s["phi_sq"], rho=g * mp.sqrt(s["dphi_sq"]))


def chaotic_state(name, ensemble, g_text, grid, taus=()):
    def deltas(kappa):
        return chaotic_deltas(float(g_text), *ensemble.closure(kappa, float))

    roots = overlap_roots(ensemble, deltas, grid)
    print(f"{name}: chaotic solutions found:", [(r[0], *r[1]) for r in roots])
    g = mpf(g_text)
    kappa, d0, dinf = mp_chaotic(ensemble, g, [roots[0][0], *roots[0][1]])
    mu, su2 = ensemble.closure(kappa, mpf)
    record_state(name, g, kappa, mu, d0, dinf)
    if taus:
        for tau, value in zip(taus, autocovariance(mu, d0, dinf, g, su2, taus)):
            record(name, **{f"delta_tau_{tau}": value})


def central_chaos(g_text, taus=()):
    g = mpf(g_text)

    def excess(d):
        _, _, prim, _, _, prim_sq = fast_single(0.0, d)
        return float(g_text) ** 2 * (prim_sq - prim ** 2) - d * d / 2

    grid = np.geomspace(1e-3, 60, 200)
    signs = [excess(d) > 0 for d in grid]
    changes = [i for i in range(len(grid) - 1) if signs[i] != signs[i + 1]]
    assert len(changes) == 1
    start = brentq(excess, grid[changes[0]], grid[changes[0] + 1], xtol=1e-14)

    def residual(d):
        s = mp_single(mpf(0), d)
        return [g * g * (s["primitive_sq"] - s["primitive"] ** 2) - d * d / 2]

    (d0,) = polish(residual, [start])
    name = "central_chaos_g" + g_text
    s = mp_single(mpf(0), d0)
    record(name, delta_0=d0, delta_inf=mpf(0), phi_sq=s["phi_sq"],
           delta_0_over_g2=d0 / g ** 2, rho=g * mp.sqrt(s["dphi_sq"]))
    if taus:
        for tau, value in zip(taus, autocovariance(mpf(0), d0, mpf(0), g, mpf(0), taus)):
            record(name, **{f"delta_tau_{tau}": value})


def one_plus_tanh():
    # <(1 + tanh)^2> = 1 + <tanh^2> at mu = 0, so delta_0 lies in (g^2, 2 g^2)
    g = mpf("1.5")
    grid = np.linspace(1e-6, 4.6, 2000)
    values = [2.25 * (1 + fast_single(0.0, d)[3]) - d for d in grid]
    changes = [i for i in range(len(grid) - 1) if values[i] * values[i + 1] < 0]
    print("one_plus_tanh: number of positive solutions:", len(changes))
    start = brentq(lambda d: 2.25 * (1 + fast_single(0.0, d)[3]) - d,
                   grid[changes[0]], grid[changes[0] + 1], xtol=1e-14)
    (d0,) = polish(lambda d: [g * g * mp_single(mpf(0), d, "one_plus_tanh")["phi_sq"] - d],
                   [start])
    s = mp_single(mpf(0), d0, "one_plus_tanh")
    record("one_plus_tanh", kappa=mpf(0), mu=mpf(0), delta_0=d0, phi=s["phi"],
           phi_sq=s["phi_sq"], rho=g * mp.sqrt(s["dphi_sq"]))


def main():
    stationary_upper()
    instability()
    end_structured()
    chaotic_state("structured_chaos", PAIR, "2.0", np.linspace(0.05, 2.05, 21))
    for g in ("1.5", "2", "3", "5"):
        central_chaos(g, (1, 2, 4) if g == "2" else ())
    chaotic_state("correlated_input",
                  Ensemble(m_m="1", m_n="1.2", s_mm="1", s_mn="0.8", m_i="0.3",
                           s_mi="0.2", s_ni="0.5", s_ii="0.6"),
                  "2.8", np.linspace(-4, 4, 33), (1, 2, 4))
    one_plus_tanh()
    with open(os.path.join(HERE, "mean_field.csv"), "w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["name", "quantity", "value"])
        writer.writerows(ROWS)


if __name__ == "__main__":
    main()
