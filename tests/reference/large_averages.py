#!/usr/bin/env python3
"""Reference tables of averages of sigmoids at large variances, on both sides of D = 900 where the crate changes its rules.

Writes, in 40-digit arithmetic and independently of the crate,

* ``large_averages.csv``: <phi>, <phi'>, <phi^2>, <phi'^2>, <phi^3>, <phi phi''> at mean mu and variance d;
* ``large_pair_averages.csv``: C_phi(c) = <phi(x1) phi(x2)> and C_phi'(c) = <phi'(x1) phi'(x2)> for two normals of mean mu,
  variance d and covariance c (a double, printed so that it reads back exactly).

Methods
  tanh = sign + l, where l has a jump at zero and falls as 2 e^(-2 |x|). Averages of signs are orthant probabilities, those
  with one l integrals over its two halves, those with two integrals over four quadrants, by Gauss-Legendre on panels;
  repeated with more nodes. (The crate uses a smooth step in place of the sign and the trapezoid rule.)
  Where D - c < 10: C_phi = <phi^2> - <(phi(x1) - phi(x2))^2> / 2, the difference being local, by the trapezoid rule in
  the half sum and the difference of x1 and x2; repeated with a finer step. Both ways have to agree at D - c = 10.
  logistic x = (1 + tanh(x / 2)) / 2. erf has closed forms: it is the mean sign of x + sqrt(2 / pi) z.
  1 + tanh is expanded.

Needs mpmath and gmpy2. Rerun, from any folder, with
    python3 large_averages.py
which rewrites the two tables beside this file in some minutes on one core.
"""

import csv
import os
from functools import cache

import gmpy2
from gmpy2 import mpfr
from mpmath import mp

mp.dps = 42
gmpy2.get_context().precision = 145
DIGITS = 34  # printed
AGREE = 1e-30  # demanded of two computations, relative to 1 or to the value's own scale

VARIANCES = [899.75, 900.25, 1e5, 1e8]
MEANS = [0.25, -1.5]  # in standard deviations, rounded to a double
EXTREME = [(0.0, 900.25), (1e6, 1e8), (-1e6, 1e12), (900.0, 900.25), (1e6, 850.0)]
PARTS = [0.0, 0.3, 0.999, 1.0 - 1e-7, 1.0]
PANELS = [0, 1, 2, 4, 8, 12, 16, 24, 32, 48]
PI = gmpy2.const_pi()


def points():
    for d in VARIANCES:
        for part in MEANS:
            yield float(f"{part * d**0.5:.6g}"), d
    yield from EXTREME


@cache
def rule(count):
    """Gauss-Legendre on [0, 1]."""
    nodes = []
    for k in range(count):
        x = mp.cos(mp.pi * (k + 0.75) / (count + 0.5))
        for _ in range(60):
            p0, p1 = mp.mpf(1), x
            for j in range(2, count + 1):
                p0, p1 = p1, ((2 * j - 1) * x * p1 - (j - 1) * p0) / j
            slope = count * (x * p1 - p0) / (x * x - 1)
            step = p1 / slope
            x -= step
            if abs(step) < mp.mpf(10) ** -40:
                break
        weight = 2 / ((1 - x * x) * slope**2)
        nodes.append((gm((1 + x) / 2), gm(weight / 2)))
    return nodes


def gm(x):
    return mpfr(mp.nstr(x, 42))


@cache
def local(count, derivative):
    """(x, weight * f(x)) on both half lines: f = tanh - sign, or tanh'."""
    out = []
    for low, high in zip(PANELS, PANELS[1:]):
        for x, w in rule(count):
            x, w = low + x * (high - low), w * (high - low)
            decayed = gmpy2.exp(-2 * x)
            if derivative:
                f = 4 * decayed / (1 + decayed) ** 2
                out += [(x, w * f), (-x, w * f)]
            else:
                f = -2 * decayed / (1 + decayed)
                out += [(x, w * f), (-x, -w * f)]
    return out


def normal(x, mu, d):
    return gmpy2.exp(-((x - mu) ** 2) / (2 * d)) / gmpy2.sqrt(2 * PI * d)


def one(f, mu, d):
    """Average of what falls as e^(-2 |x|): f(x, tanh |x|) on the half lines."""
    results = []
    for count in (36, 48):
        total = mpfr(0)
        for low, high in zip(PANELS, PANELS[1:]):
            for x, w in rule(count):
                x, w = low + x * (high - low), w * (high - low)
                t = gmpy2.tanh(x)
                total += w * (f(t) * normal(x, mu, d) + f(-t) * normal(-x, mu, d))
        results.append(total)
    return agreed(*results, scale=1 / gmpy2.sqrt(d))


def agreed(a, b, scale=mpfr(1)):
    assert abs(a - b) <= AGREE * max(abs(b), scale * mpfr("1e-3")), (a, b)
    return b


def sign_of(mu, d):
    return gmpy2.erf(mu / gmpy2.sqrt(2 * d))


def orthant_signs(mu, d, c):
    """<sign x1 sign x2>."""
    a, top = mp.mpf(mp_(mu)) / mp.sqrt(mp_(d)), mp.asin(mp_(c) / mp_(d))
    ends = [top * (1 - mp.mpf(2) ** -k) for k in range(12)] + [top]
    corner = mp.quad(lambda t: mp.exp(-a * a / (1 + mp.sin(t))), ends) / (2 * mp.pi) if c > 0 else mp.mpf(0)
    return gm(4 * corner + (2 * mp.ncdf(a) - 1) ** 2)


def mp_(x):
    return mp.mpf(str(x)) if isinstance(x, type(mpfr(1))) else mp.mpf(x)


def tanh_single(mu, d):
    mu, d = mpfr(mu), mpfr(d)
    sech2 = lambda t: (1 - t) * (1 + t)
    m1 = sign_of(mu, d) + one(lambda t: t - (1 if t > 0 else -1), mu, d)
    d1 = one(sech2, mu, d)
    d1_sq = one(lambda t: sech2(t) ** 2, mu, d)
    # t^3 - t = -t sech^2.
    m3 = m1 - one(lambda t: t * sech2(t), mu, d)
    phi_d2 = one(lambda t: -2 * t * t * sech2(t), mu, d)
    d2 = one(lambda t: -2 * t * sech2(t), mu, d)
    return dict(m1=m1, m2=1 - d1, m3=m3, d1=d1, d1_sq=d1_sq, phi_d2=phi_d2, d2=d2)


def quadrants(mu, d, c, derivative):
    det = (d - c) * (d + c)
    results = []
    for count in (26, 32):
        nodes = [(x - mu, wf) for x, wf in local(count, derivative)]
        # e^(-(d (x^2 + y^2) - 2 c x y) / (2 det))
        outer = [(x, wf * gmpy2.exp(-d * x * x / (2 * det))) for x, wf in nodes]
        if derivative is False and all(wf == 0 for _, wf in outer):
            return mpfr(0)
        k = c / det
        total = mpfr(0)
        for i, (x, wx) in enumerate(outer):
            kx = k * x
            inner = sum((wy * gmpy2.exp(kx * y) for y, wy in outer[i + 1 :]), mpfr(0))
            total += 2 * wx * inner + wx * wx * gmpy2.exp(kx * x)
        results.append(total / (2 * PI * gmpy2.sqrt(det)))
    return agreed(*results, scale=1 / d)


def far_pair(mu, d, c):
    slope = quadrants(mu, d, c, True)
    both = quadrants(mu, d, c, False)
    r = c / d
    spread = gmpy2.sqrt(2 * (d - c) * (d + c) / d)
    mixed = []
    for count in (36, 48):
        mixed.append(sum((wf * normal(x, mu, d) * gmpy2.erf((mu + r * (x - mu)) / spread) for x, wf in local(count, False)), mpfr(0)))
    mixed = agreed(*mixed, scale=1 / gmpy2.sqrt(d))
    return orthant_signs(mu, d, c) + 2 * mixed + both, slope


def near_pair(mu, d, c, single):
    if c == d:
        return single["m2"], single["d1_sq"]
    results = []
    for step in (mpfr("0.11"), mpfr("0.095")):
        off, slope = mpfr(0), mpfr(0)
        outer, inner = (d + c) / 2, 2 * (d - c)
        # The difference of x1 and x2 has variance 2 (d - c), their half sum (d + c) / 2.
        h = min(step, gmpy2.sqrt(inner) * step * 3)
        width = int(13 * gmpy2.sqrt(inner) / h) + 1
        reach = int((46 + width * h / 2) / step) + 1
        density = [(i * step, step * normal(i * step, mu, outer)) for i in range(-reach, reach + 1)]
        for j in range(width + 1):
            v = j * h
            wide = gmpy2.sinh(v) ** 2 / 2
            weight = h * gmpy2.exp(-v * v / (2 * inner)) / gmpy2.sqrt(2 * PI * inner) * (2 if j else 1)
            for u, w in density:
                # tanh a - tanh b = sinh(a - b) sech a sech b.
                ea, eb = gmpy2.exp(-2 * abs(u + v / 2)), gmpy2.exp(-2 * abs(u - v / 2))
                secha2, sechb2 = 4 * ea / (1 + ea) ** 2, 4 * eb / (1 + eb) ** 2
                local_slope = weight * w * secha2 * sechb2
                off += wide * local_slope
                slope += local_slope
        results.append((off, slope))
    scale = 1 / gmpy2.sqrt(d)
    return single["m2"] - agreed(results[0][0], results[1][0], scale), agreed(results[0][1], results[1][1], scale)


def tanh_pair(mu, d, c, single):
    mu, d, c = mpfr(mu), mpfr(d), mpfr(c)
    return near_pair(mu, d, c, single) if d - c < 10 else far_pair(mu, d, c)


def erf_single(mu, d):
    mu_, d_ = mpfr(mu), mpfr(d)
    w = 2 / PI
    d1 = gmpy2.exp(-PI * mu_**2 / (4 + 2 * PI * d_)) / gmpy2.sqrt(1 + PI * d_ / 2)
    d1_sq = gmpy2.exp(-PI * mu_**2 / (2 + 2 * PI * d_)) / gmpy2.sqrt(1 + PI * d_)
    m1 = sign_of(mu_, d_ + w)
    return dict(m1=m1, m2=erf_pair(mu, d, d)[0], d1=d1, d1_sq=d1_sq)


def erf_pair(mu, d, c):
    mu, d, c = mpfr(mu), mpfr(d), mpfr(c)
    w = 2 / PI
    value = orthant_signs(mu, d + w, c)
    slope = gmpy2.exp(-mu * mu / (d + c + w)) / gmpy2.sqrt((1 + PI / 2 * (d + c)) * (1 + PI / 2 * (d - c)))
    return value, slope


def text(x):
    return "" if x is None else ("0" if x == 0 else f"{x:.{DIGITS - 1}e}")


def single_rows(mu, d):
    t, l = tanh_single(mu, d), tanh_single(mu / 2, d / 4)
    e = erf_single(mu, d)
    yield "tanh", t["m1"], t["d1"], t["m2"], t["d1_sq"], t["m3"], t["phi_d2"]
    yield "logistic", (1 + l["m1"]) / 2, l["d1"] / 4, (1 + 2 * l["m1"] + l["m2"]) / 4, l["d1_sq"] / 16, (
        1 + 3 * l["m1"] + 3 * l["m2"] + l["m3"]
    ) / 8, (l["d2"] + l["phi_d2"]) / 16
    yield "one_plus_tanh", 1 + t["m1"], t["d1"], 1 + 2 * t["m1"] + t["m2"], t["d1_sq"], (
        1 + 3 * t["m1"] + 3 * t["m2"] + t["m3"]
    ), t["d2"] + t["phi_d2"]
    yield "erf", e["m1"], e["d1"], e["m2"], e["d1_sq"], None, None


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    single, near = tanh_single(3.0, 1e3), mpfr(1e3) - 10
    for a, b in zip(far_pair(mpfr(3), mpfr(1e3), near), near_pair(mpfr(3), mpfr(1e3), near, single)):
        agreed(a, b)
    with open(os.path.join(here, "large_averages.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["transfer", "mu", "d", "phi", "dphi", "phi_sq", "dphi_sq", "phi_cubed", "phi_d2phi"])
        for mu, d in points():
            for name, *values in single_rows(mu, d):
                writer.writerow([name, repr(mu), repr(d), *map(text, values)])
    with open(os.path.join(here, "large_pair_averages.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["transfer", "mu", "d", "c", "c_phi", "c_dphi"])
        for mu, d in points():
            if abs(mu) > 8 * d**0.5:
                continue
            t1, l1 = tanh_single(mu, d), tanh_single(mu / 2, d / 4)
            found = []
            for part in PARTS:
                c = d * part
                t, l, e = tanh_pair(mu, d, c, t1), tanh_pair(mu / 2, d / 4, c / 4, l1), erf_pair(mu, d, c)
                rows = [
                    ("tanh", t[0], t[1]),
                    ("logistic", (1 + 2 * l1["m1"] + l[0]) / 4, l[1] / 16),
                    ("one_plus_tanh", 1 + 2 * t1["m1"] + t[0], t[1]),
                    ("erf", *e),
                ]
                found += [[name, repr(mu), repr(d), repr(c), *map(text, values)] for name, *values in rows]
            # Those of one transfer function together.
            names = [row[0] for row in found[:4]]
            writer.writerows(sorted(found, key=lambda row: names.index(row[0])))
            file.flush()


if __name__ == "__main__":
    main()
