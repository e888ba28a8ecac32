(function () {
  const data = JSON.parse(document.getElementById("programme-data").textContent);
  const sliders = Array.from(document.querySelectorAll("[data-criterion]"));
  const body = document.getElementById("places");
  const said = document.getElementById("said");
  const stated = { rows: body ? body.innerHTML : "", said: said ? said.textContent : "" };
  let codes = null;

  function percent(share) {
    if (share > 0 && share < 0.01) return "<1%";
    if (share > 0.99 && share < 1) return ">99%";
    return (100 * share).toFixed(0) + "%";
  }
  function numbers() { return sliders.map(function (s) { return Number(s.value); }); }
  function showShares(given) {
    const total = given.reduce(function (a, b) { return a + b; }, 0);
    sliders.forEach(function (s, k) {
      s.parentElement.querySelector("output").textContent = total > 0 ? (100 * given[k] / total).toFixed(0) + "%" : "–";
    });
    return total;
  }
  function show(rows) {
    const kept = new Map();
    Array.from(body.rows).forEach(function (row) { kept.set(row.dataset.candidate, row); });
    rows.forEach(function (one) {
      const row = kept.get(one.candidate);
      row.querySelector(".place").textContent = one.place;
      row.querySelector(".first").textContent = percent(one.p_first);
      row.querySelector(".third").textContent = percent(one.p_top_third);
      row.querySelector(".score").textContent = one.score.toFixed(2);
      const bar = row.querySelector(".bar");
      bar.textContent = "";
      one.shares.forEach(function (share, k) {
        const piece = document.createElement("i");
        piece.className = "p" + Math.min(k + 1, 8);
        piece.style.width = (100 * share).toFixed(2) + "%";
        bar.appendChild(piece);
      });
      bar.setAttribute("aria-label", one.shares.map(function (share, k) { return "place " + (k + 1) + " " + percent(share); }).join(", "));
      body.appendChild(row);
    });
    said.textContent = "With your weights: " + rows.map(function (one) { return one.place + " " + one.candidate; }).join(", ") + ".";
  }
  function rank(given) {
    if (!(showShares(given) > 0)) {
      said.textContent = "All weights are zero: nothing can be ranked.";
      return;
    }
    codes = codes || smartcomboCodes(data.draws);
    show(smartcomboRank(data.draws, codes, given));
  }
  function reset() {
    sliders.forEach(function (s) { s.value = Math.round(100 * Number(s.dataset.stated)); });
    showShares(sliders.map(function (s) { return Number(s.dataset.stated); }));
    body.innerHTML = stated.rows;
    said.textContent = stated.said;
    history.replaceState(null, "", location.pathname + location.search);
  }
  sliders.forEach(function (s) {
    s.addEventListener("input", function () {
      rank(numbers());
      history.replaceState(null, "", "#weights=" + numbers().join(","));
    });
  });
  const button = document.getElementById("reset");
  if (button) button.addEventListener("click", reset);
  function fromAddress() {
    const found = /^#weights=([\d.,]+)$/.exec(location.hash);
    const given = found ? found[1].split(",").map(Number) : [];
    if (!sliders.length || given.length !== sliders.length || !given.every(Number.isFinite)) return;
    sliders.forEach(function (s, k) { s.value = given[k]; });
    rank(given);
  }
  window.addEventListener("hashchange", fromAddress);
  fromAddress();

  const detail = document.getElementById("detail");
  function element(name, text, to) {
    const one = document.createElement(name);
    one.textContent = text;
    to.appendChild(one);
    return one;
  }
  function open(key, cell) {
    const one = data.cells[key];
    detail.textContent = "";
    detail.hidden = false;
    element("h3", one.candidate + ": " + one.title, detail);
    element("p", [one.value, one.factor, one.n, one.word].filter(Boolean).join("; "), detail);
    const notes = element("p", [one.reads, one.pooled, one.part, one.shrunk].filter(Boolean).join(". "), detail);
    notes.className = "note";
    if (one.claims.length) {
      const table = element("table", "", element("div", "", detail));
      table.parentElement.className = "scroll";
      const head = element("tr", "", element("thead", "", table));
      ["study", "tumour model", "comparison", "day", "estimate", "n", "verdict", "method"].forEach(function (t) { element("th", t, head); });
      const rows = element("tbody", "", table);
      one.claims.forEach(function (c) {
        const row = element("tr", "", rows);
        [c.study, c.model, c.contrast + (c.citation ? " (" + c.citation + ")" : ""), c.day, c.value, c.n, c.verdict, c.method].forEach(function (t) { element("td", t, row); });
      });
      if (one.more) element("p", "and " + one.more + " more, in claims.csv", detail);
    } else {
      element("p", one.source ? "From " + one.source : "No study answers this: the value is drawn from what the other candidates show.", detail);
    }
    const curves = data.mice[one.candidate] || [];
    const studies = new Set(one.claims.map(function (c) { return c.study; }));
    const own = curves.filter(function (c) { return studies.has(c.study); });
    if (own.length) detail.appendChild(smartcomboMice(own));
    document.querySelectorAll("[data-cell]").forEach(function (b) { b.setAttribute("aria-expanded", String(b === cell)); });
    detail.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
  document.querySelectorAll("[data-cell]").forEach(function (cell) {
    cell.addEventListener("click", function () { open(cell.dataset.cell, cell); });
  });
  const asked = /^#cell=(\d+-\d+)$/.exec(location.hash);
  if (asked && data.cells[asked[1]]) open(asked[1], document.querySelector('[data-cell="' + asked[1] + '"]'));
})();
