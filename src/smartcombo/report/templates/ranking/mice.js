// Growth curves of the animals behind a candidate, a panel an arm, drawn when asked for.
function smartcomboMice(curves) {
  const colours = { "vehicle": "#7b8794", "checkpoint inhibitor": "#0072b2", "molecule": "#e69f00", "combination": "#c2410c" };
  const width = 212, height = 140, left = 38, bottom = 20, top = 6, right = 6;
  const svgNames = "http://www.w3.org/2000/svg";
  const panels = document.createElement("div");
  const days = curves.flatMap(function (c) { return c.points.map(function (p) { return p[0]; }); });
  const volumes = curves.flatMap(function (c) { return c.points.map(function (p) { return p[1]; }); }).filter(function (v) { return v > 0; });
  if (!volumes.length) return panels;
  const day = [Math.min.apply(null, days), Math.max.apply(null, days)];
  const log = [Math.floor(Math.log10(Math.min.apply(null, volumes))), Math.ceil(Math.log10(Math.max.apply(null, volumes)))];
  if (log[0] === log[1]) log[1] += 1;
  if (day[0] === day[1]) day[1] += 1;
  function x(d) { return left + (width - left - right) * (d - day[0]) / (day[1] - day[0]); }
  function y(v) {
    const l = Math.log10(Math.max(v, Math.pow(10, log[0])));
    return height - bottom - (height - bottom - top) * (l - log[0]) / (log[1] - log[0]);
  }
  function add(to, name, attributes, text) {
    const one = document.createElementNS(svgNames, name);
    Object.keys(attributes).forEach(function (key) { one.setAttribute(key, attributes[key]); });
    if (text !== undefined) one.textContent = text;
    to.appendChild(one);
    return one;
  }
  function grouped(all, key) {
    const groups = new Map();
    all.forEach(function (c) {
      if (!groups.has(key(c))) groups.set(key(c), []);
      groups.get(key(c)).push(c);
    });
    return groups;
  }
  function panel(row, own) {
    const figure = document.createElement("figure");
    const svg = add(figure, "svg", { width: width, height: height, viewBox: "0 0 " + width + " " + height, role: "img" });
    svg.setAttribute("aria-label", own.length + " animals of " + own[0].arm);
    for (let l = log[0]; l <= log[1]; l++) {
      add(svg, "line", { x1: left, x2: width - right, y1: y(Math.pow(10, l)), y2: y(Math.pow(10, l)), stroke: "#eef1f4" });
      add(svg, "text", { x: left - 5, y: y(Math.pow(10, l)) + 3, "text-anchor": "end" }, String(Math.pow(10, l)));
    }
    day.forEach(function (d, k) { add(svg, "text", { x: x(d), y: height - 6, "text-anchor": k ? "end" : "start" }, "day " + d); });
    own.forEach(function (c) {
      const path = c.points.map(function (p, k) { return (k ? "L" : "M") + x(p[0]).toFixed(1) + " " + y(p[1]).toFixed(1); }).join("");
      const line = add(svg, "path", { d: path, stroke: colours[c.role] || "#66707c" });
      const last = c.points[c.points.length - 1];
      add(line, "title", {}, c.animal + ": " + last[1] + " " + c.unit + " on day " + last[0] + (last[2] ? " (below the limit)" : ""));
    });
    const caption = document.createElement("figcaption");
    caption.textContent = own[0].arm + ", n = " + own.length;
    figure.appendChild(caption);
    row.appendChild(figure);
  }
  grouped(curves, function (c) { return c.study + ", " + c.model; }).forEach(function (study, name) {
    const title = document.createElement("h4");
    title.textContent = name + ": every animal, " + study[0].unit;
    panels.appendChild(title);
    const row = document.createElement("div");
    row.className = "mice-panels";
    panels.appendChild(row);
    grouped(study, function (c) { return c.arm; }).forEach(function (own) { panel(row, own); });
  });
  return panels;
}
