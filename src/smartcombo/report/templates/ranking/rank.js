"use strict";
// Rank acceptability under fixed weights: the same sums in the same order as the program's kernel.
function smartcomboCodes(draws) {
  const bytes = atob(draws.codes);
  const codes = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < codes.length; i++) {
    codes[i] = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
  }
  return codes;
}
function smartcomboRank(draws, codes, given) {
  const [m, n, count] = draws.shape;
  let total = 0;
  for (const one of given) total += one;
  const weights = given.map(function (one) { return one / total; });
  const floor = 0.01;
  const scores = new Float64Array(m * count);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < n; k++) {
      const from = (i * n + k) * count;
      for (let d = 0; d < count; d++) {
        const part = draws.low + draws.step * codes[from + d];
        const term = draws.geometric ? Math.log(Math.max(part, floor)) : part;
        scores[i * count + d] += term * weights[k];
      }
    }
  }
  const places = Array.from({ length: m }, function () { return new Float64Array(m); });
  const order = Array.from({ length: m }, function (_, i) { return i; });
  const value = new Float64Array(m);
  for (let d = 0; d < count; d++) {
    for (let i = 0; i < m; i++) value[i] = scores[i * count + d];
    order.sort(function (a, b) { return value[b] - value[a]; });
    for (let begin = 0; begin < m;) {
      let end = begin + 1;
      while (end < m && value[order[end]] === value[order[begin]]) end++;
      for (let p = begin; p < end; p++) {
        for (let r = begin; r < end; r++) places[order[p]][r] += 1 / (end - begin);
      }
      begin = end;
    }
  }
  const top = Math.ceil(m / 3);
  const rows = draws.candidates.map(function (candidate, i) {
    let sum = 0, expected = 0, third = 0;
    for (let d = 0; d < count; d++) {
      const one = scores[i * count + d];
      sum += draws.geometric ? Math.exp(one) : one;
    }
    const shares = Array.from(places[i], function (number) { return number / count; });
    shares.forEach(function (share, r) {
      expected += share * (r + 1);
      if (r < top) third += share;
    });
    return { candidate: candidate, score: sum / count, shares: shares, p_first: shares[0],
             p_top_third: third, expected_rank: expected };
  });
  rows.sort(function (a, b) { return b.score - a.score; });
  rows.forEach(function (row, k) { row.place = k + 1; });
  return rows;
}
