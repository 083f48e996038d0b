#!/usr/bin/env python3
"""Reference tables of Gaussian averages of transfer functions.

Computes, independently of the crate and in 30-digit arithmetic,

* ``gaussian_averages.csv``: the single averages
      <f>(mu, D) = int Dz f(mu + sqrt(D) z),   Dz = exp(-z^2/2)/sqrt(2 pi) dz
  for f = phi, phi', phi'', phi''', phi^2, phi'^2, phi phi', phi phi'', Phi, Phi^2;
* ``pair_averages.csv``: the averages of a product of correlated copies
      C_f(c; mu, D) = int Dz [ int Dy f(mu + sqrt(D-c) y + sqrt(c) z) ]^2
  for f = phi, phi', Phi.

Transfer functions phi and primitives Phi (Phi' = phi):
  tanh              tanh x                 ln cosh x
  logistic          1/(1+e^-x)             ln(1+e^x)
  one_plus_tanh     1+tanh x               x + ln cosh x
  threshold_linear  max(x,0)               max(x,0)^2/2
  erf               erf(sqrt(pi) x/2)      x erf(sqrt(pi) x/2) + (2/pi) exp(-pi x^2/4)

Methods
  Single averages of smooth functions: Gauss-Legendre quadrature on sub-intervals
  that resolve both the Gaussian and the features of phi; every value is computed
  twice (the second time with every sub-interval halved) and has to agree.
  Pair averages of smooth functions: nested trapezoid rule on one common grid,
  repeated with half the step.
  threshold_linear: closed forms, checked against quadrature split at the kink;
  phi'' is a delta function, <phi''> the density of u = 0, <phi'''> its derivative
  with respect to mu, and <phi phi''> = 0. Pair averages: closed form for the inner
  integral, Gauss-Legendre for the outer one, checked as above.
  Known closed forms (erf; threshold_linear at mu = 0) are checked too.

Values that vanish by symmetry (mu = 0) are written as 0. 20 significant digits are
printed; numbers below 1e-308 in size are printed as they are (a reader in double
precision sees zero).

Needs mpmath (gmpy2, if present, makes it faster). Rerun, from any folder, with
    python3 gaussian_averages.py
which rewrites the two tables beside this file in a few minutes on one or two cores.
"""

import csv
import os
from multiprocessing import Pool

from mpmath import mp, mpf

mp.dps = 30
DIGITS = 20  # printed
TOLERANCE = mpf(10) ** -20  # demanded agreement of the two computations of a value

HERE = os.path.dirname(os.path.abspath(__file__))

TRANSFERS = ["tanh", "logistic", "one_plus_tanh", "threshold_linear", "erf"]
SINGLE_COLUMNS = ["phi", "dphi", "d2phi", "d3phi", "phi_sq", "dphi_sq",
                  "phi_dphi", "phi_d2phi", "primitive", "primitive_sq"]
PAIR_COLUMNS = ["c_phi", "c_dphi", "c_primitive"]

# The grids, as text so that the tables carry them unaltered.
SINGLE_D = ["0.01", "0.3", "1", "3", "10", "50", "100"]
SINGLE_MU = ["0", "0.5", "-2", "10"]
PAIR_MU_D = [("0", "1"), ("0.5", "3"), ("-1", "0.4"), ("0.3", "10")]
PAIR_RATIO = ["0", "0.25", "0.9", "0.999"]


# ---------------------------------------------------------------- transfer functions

def smooth(transfer, x):
    """(phi, phi', phi'', phi''', Phi) at x, without cancellation in the tails."""
    if transfer in ("tanh", "one_plus_tanh"):
        e = mp.exp(-2 * abs(x))
        t = (1 - e) / (1 + e) * mp.sign(x)
        s = 4 * e / (1 + e) ** 2  # sech^2
        lncosh = abs(x) + mp.log(1 + e) - mp.ln2
        d2, d3 = -2 * t * s, s * (4 - 6 * s)
        if transfer == "tanh":
            return t, s, d2, d3, lncosh
        return 2 * (e if x < 0 else 1) / (1 + e), s, d2, d3, x + lncosh
    if transfer == "logistic":
        e = mp.exp(-abs(x))
        p = (e if x < 0 else 1) / (1 + e)
        d1 = e / (1 + e) ** 2
        d2 = -d1 * (1 - e) / (1 + e) * mp.sign(x)
        return p, d1, d2, d1 * (1 - 6 * d1), max(x, 0) + mp.log(1 + e)
    if transfer == "erf":
        p = mp.erf(mp.sqrt(mp.pi) * x / 2)
        d1 = mp.exp(-mp.pi * x * x / 4)
        return (p, d1, -mp.pi / 2 * x * d1, (mp.pi ** 2 / 4 * x * x - mp.pi / 2) * d1,
                x * p + 2 / mp.pi * d1)
    raise ValueError(transfer)


def single_integrands(values):
    """The integrands in the order of SINGLE_COLUMNS."""
    p, d1, d2, d3, prim = values
    return (p, d1, d2, d3, p * p, d1 * d1, p * d1, p * d2, prim, prim * prim)


# ------------------------------------------------------------------------ quadrature

def breakpoints(lower, upper, centre, scale, spacing):
    """Sub-interval ends in [lower, upper]: evenly `spacing` apart, and graded around
    `centre`, finest on the length `scale`."""
    points = {lower, upper}
    z = mp.ceil(lower / spacing) * spacing
    while z < upper:
        points.add(z)
        z += spacing
    offset = mpf(0)
    step = scale
    while offset < upper - lower:
        points.update(p for p in (centre - offset, centre + offset) if lower < p < upper)
        offset += step
        if offset > 2 * scale:
            step *= mpf(3) / 2
    return sorted(points)


def halved(points):
    return sorted(points + [(a + b) / 2 for a, b in zip(points, points[1:])])


def quad_all(integrands, count, points):
    """Integrals over z of the `count` components of integrands(z); the nodes are the
    same for every component, so each node is evaluated once. mp.quad stops on an
    absolute error estimate, so the integrands are scaled up to have every sub-interval
    treated with the full 48 nodes, however small the integral."""
    memo = {}
    scale = mpf(10) ** 150

    def at(z):
        if z not in memo:
            memo[z] = integrands(z)
        return memo[z]

    return [mp.quad(lambda z: scale * at(z)[k], points, method="gauss-legendre",
                    maxdegree=5) / scale
            for k in range(count)]


def assert_close(first, second, what):
    """Relative agreement."""
    assert abs(first - second) <= TOLERANCE * max(abs(first), abs(second)), \
        (what, first, second)


def twice(integrands, count, points, what, vanishing=()):
    """quad_all on `points` and on the halved sub-intervals, with agreement asserted.
    Components in `vanishing` are zero by symmetry: asserted small, returned as 0."""
    coarse = quad_all(integrands, count, points)
    fine = quad_all(integrands, count, halved(points))
    for k in range(count):
        if k in vanishing:
            assert abs(coarse[k]) < mpf(10) ** -25 and abs(fine[k]) < mpf(10) ** -25
            fine[k] = mpf(0)
        else:
            assert_close(coarse[k], fine[k], (what, k))
    return fine


def density(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


# ------------------------------------------------------------------- single averages

# Averages that vanish at mu = 0, by parity, as positions in SINGLE_COLUMNS.
ODD_AT_ZERO = {
    "tanh": (0, 2, 6),
    "erf": (0, 2, 6),
    "logistic": (2,),
    "one_plus_tanh": (2,),
}


def smooth_single(transfer, mu, d):
    s = mp.sqrt(d)
    points = breakpoints(mpf(-16), mpf(16), -mu / s, mpf(3) / 4 / s, mpf(2))

    def integrands(z):
        w = density(z)
        return [w * f for f in single_integrands(smooth(transfer, mu + s * z))]

    return twice(integrands, len(SINGLE_COLUMNS), points, (transfer, mu, d),
                 ODD_AT_ZERO[transfer] if mu == 0 else ())


def linear_moments(mu, d):
    """int Dz u^k theta(u), u = mu + sqrt(d) z, for k = 0..4, and the density of u = 0."""
    with mp.workdps(60):
        s = mp.sqrt(d)
        h, n = mp.ncdf(mu / s), density(mu / s)
        return ((h,
                 mu * h + s * n,
                 (mu ** 2 + d) * h + mu * s * n,
                 (mu ** 3 + 3 * mu * d) * h + (mu ** 2 + 2 * d) * s * n,
                 (mu ** 4 + 6 * mu ** 2 * d + 3 * d ** 2) * h
                 + (mu ** 3 + 5 * mu * d) * s * n),
                n / s)


def linear_single(mu, d):
    (m0, m1, m2, _, m4), n0 = linear_moments(mu, d)
    values = [m1, m0, n0, -mu / d * n0, m2, m0, m1, mpf(0), m2 / 2, m4 / 4]

    # The regular ones again by quadrature from the kink on.
    s = mp.sqrt(d)
    kink = -mu / s
    lower = max(kink, mpf(-16))
    points = breakpoints(lower, max(mpf(16), kink + 16), kink, mpf(1) / 2, mpf(2))

    def integrands(z):
        u, w = mu + s * z, density(z)
        return [w, w * u, w * u ** 2, w * u ** 4]

    for closed, quadrature in zip((m0, m1, m2, m4),
                                  twice(integrands, 4, points, ("linear", mu, d))):
        assert_close(closed, quadrature, ("linear", mu, d))
    # <f'> = d<f>/dmu: numerical derivatives of <phi'> (less 1 if mu > 0) and <phi''>.
    with mp.workdps(60):
        eps = mpf(10) ** -15 * s
        for order in (1, 2):
            def lower_order(m):
                if order == 2:
                    return linear_moments(m, d)[1]
                return -linear_moments(-m, d)[0][0] if mu > 0 else linear_moments(m, d)[0][0]
            slope = (lower_order(mu + eps) - lower_order(mu - eps)) / (2 * eps)
            assert abs(slope - values[order + 1]) <= mpf(10) ** -18 * abs(n0 * (1 + 1 / s))
    return values


def check_erf_single(mu, d, values):
    """Closed forms for erf: <phi> = erf(a mu / r), r = sqrt(1 + 2 a^2 D), a^2 = pi/4."""
    r = mp.sqrt(1 + mp.pi * d / 2)
    x = mu / r
    p, d1, d2, d3, _ = smooth("erf", x)
    for k, closed in enumerate((p, d1 / r, d2 / r ** 2, d3 / r ** 3)):
        assert abs(closed - values[k]) <= TOLERANCE * abs(closed) + mpf(10) ** -60
    # <Phi> = <x phi> + (2/pi) <phi'> with <x phi> = mu <phi> + D <phi'>
    assert_close(values[8], mu * values[0] + (d + 2 / mp.pi) * values[1], "erf primitive")
    if mu == 0:
        assert_close(values[4], 2 / mp.pi * mp.asin(mp.pi / 2 * d / (1 + mp.pi / 2 * d)),
                     "erf phi_sq")


def check_slope(transfer, mu, d, values):
    """2 d<Phi>/dD = <phi'>, by a central difference of <Phi>."""
    eps = mpf(10) ** -8 * d
    ends = []
    for dd in (d - eps, d + eps):
        s = mp.sqrt(dd)
        points = breakpoints(mpf(-16), mpf(16), -mu / s, mpf(3) / 4 / s, mpf(2))
        ends.append(quad_all(lambda z: [density(z) * smooth(transfer, mu + s * z)[4]],
                             1, points)[0])
    slope = (ends[1] - ends[0]) / eps
    assert abs(slope - values[1]) < mpf(10) ** -13, (transfer, mu, d, slope, values[1])


def single_row(job):
    transfer, mu_text, d_text = job
    mu, d = mpf(mu_text), mpf(d_text)
    if transfer == "threshold_linear":
        values = linear_single(mu, d)
    else:
        values = smooth_single(transfer, mu, d)
        if transfer == "erf":
            check_erf_single(mu, d, values)
        if (mu_text, d_text) in (("0.5", "3"), ("-2", "0.3")):
            check_slope(transfer, mu, d, values)
    return [transfer, mu_text, d_text] + [text(v) for v in values]


# --------------------------------------------------------------------- pair averages

def smooth_pair_step(transfer, components, mu, d, c, step):
    """C_f for the listed components of smooth(), 0 < c < d, by the trapezoid rule with
    one step for both integrals: the inner argument then falls on one common grid."""
    outer, inner = mp.sqrt(c), mp.sqrt(d - c)
    n_outer = int(mp.ceil(13 * outer / step))
    n_inner = int(mp.ceil(13 * inner / step))

    def weights(n, s):
        return [step / s * density(k * step / s) for k in range(-n, n + 1)]

    w_outer, w_inner = weights(n_outer, outer), weights(n_inner, inner)
    reach = n_outer + n_inner
    table = [smooth(transfer, mu + k * step) for k in range(-reach, reach + 1)]
    result = []
    for component in components:
        f = [row[component] for row in table]
        means = [mp.fdot(w_inner, f[i:i + len(w_inner)]) for i in range(len(w_outer))]
        result.append(mp.fdot(w_outer, [m * m for m in means]))
    return result


def pair_step(d, c):
    """A step at which the trapezoid rule has converged to about 30 digits."""
    return min(mpf("0.1"), mpf("0.4") * mp.sqrt(min(c, d - c)))


def smooth_pair(transfer, mu, d, c):
    step = pair_step(d, c)
    coarse = smooth_pair_step(transfer, (0, 1, 4), mu, d, c, step)
    fine = smooth_pair_step(transfer, (0, 1, 4), mu, d, c, step / 2)
    for a, b in zip(coarse, fine):
        assert_close(a, b, (transfer, mu, d, c))
    return fine


def linear_pair(mu, d, c):
    outer, inner = mp.sqrt(c), mp.sqrt(d - c)
    points = breakpoints(mpf(-14), mpf(14), -mu / outer, inner / outer / 2, mpf(2))

    def integrands(z):
        u, w = mu + outer * z, density(z)
        h, n = mp.ncdf(u / inner), density(u / inner)
        return (w * (u * h + inner * n) ** 2, w * h ** 2,
                w * ((u * u + d - c) * h + u * inner * n) ** 2 / 4)

    values = twice(integrands, 3, points, ("linear pair", mu, d, c))
    if mu == 0:  # the arc-cosine kernels
        theta = mp.acos(c / d)
        sin, cos = mp.sin(theta), mp.cos(theta)
        closed = (d * (sin + (mp.pi - theta) * cos) / (2 * mp.pi),
                  (mp.pi - theta) / (2 * mp.pi),
                  d * d * (3 * sin * cos + (mp.pi - theta) * (1 + 2 * cos ** 2)) / (8 * mp.pi))
        for a, b in zip(values, closed):
            assert_close(a, b, ("arc-cosine", d, c))
    return values


def pair_row(job):
    transfer, mu_text, d_text, ratio_text = job
    mu, d = mpf(mu_text), mpf(d_text)
    c = mpf(ratio_text) * d
    if c == 0:  # independent copies
        single = (linear_single if transfer == "threshold_linear"
                  else lambda m, v: smooth_single(transfer, m, v))(mu, d)
        values = [single[k] ** 2 for k in (0, 1, 8)]
    elif transfer == "threshold_linear":
        values = linear_pair(mu, d, c)
    else:
        values = smooth_pair(transfer, mu, d, c)
    if transfer == "erf" and mu == 0:
        closed = 2 / mp.pi * mp.asin(mp.pi / 2 * c / (1 + mp.pi / 2 * d))
        assert abs(values[0] - closed) <= TOLERANCE * closed, ("erf pair", values[0], closed)
    c_text = mp.nstr(c, 15, strip_zeros=True)
    assert abs(mpf(c_text) - c) < mpf(10) ** -25  # the grid is exact in decimals
    c_text = c_text[:-2] if c_text.endswith(".0") else c_text
    return [transfer, mu_text, d_text, c_text] + [text(v) for v in values]


# ---------------------------------------------------------------------------- output

def text(value):
    return "0" if value == 0 else mp.nstr(value, DIGITS, strip_zeros=False,
                                          min_fixed=0, max_fixed=0)


def write_table(name, header, rows):
    with open(os.path.join(HERE, name), "w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    single_jobs = [(t, m, d) for t in TRANSFERS for d in SINGLE_D for m in SINGLE_MU]
    pair_jobs = [(t, m, d, r) for t in TRANSFERS for m, d in PAIR_MU_D for r in PAIR_RATIO]
    with Pool(2) as pool:
        single_rows = pool.map(single_row, single_jobs, chunksize=1)
        write_table("gaussian_averages.csv", ["transfer", "mu", "d"] + SINGLE_COLUMNS,
                    single_rows)
        pair_rows = pool.map(pair_row, pair_jobs, chunksize=1)
        write_table("pair_averages.csv", ["transfer", "mu", "d", "c"] + PAIR_COLUMNS,
                    pair_rows)


if __name__ == "__main__":
    main()
