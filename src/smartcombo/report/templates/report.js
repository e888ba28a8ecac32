(function () {
  "use strict";
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  function valuesOf(column) {
    return column.values || column.codes.map(function (code) { return column.levels[code]; });
  }
  function rowsOf(columns) {
    const values = columns.map(valuesOf);
    return (values[0] || []).map(function (_, row) {
      const one = {};
      columns.forEach(function (column, k) { one[column.name] = values[k][row]; });
      return one;
    });
  }
  function csvOf(columns) {
    function cell(value) {
      const text = value === null ? "" : String(value);
      return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }
    const values = columns.map(valuesOf);
    const lines = [columns.map(function (column) { return cell(column.name); })];
    (values[0] || []).forEach(function (_, row) {
      lines.push(values.map(function (own) { return cell(own[row]); }));
    });
    return lines.map(function (line) { return line.join(","); }).join("\n") + "\n";
  }
  document.querySelectorAll("[data-table]").forEach(function (link) {
    link.addEventListener("click", function () {
      link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(csvOf(drawings[link.dataset.table].columns));
    });
  });
  function draw(id, axis) {
    const spec = Object.assign({}, drawings[id][axis], { datasets: { table: rowsOf(drawings[id].columns) } });
    return vegaEmbed("#drawing-" + CSS.escape(id), spec, {
      actions: false, renderer: "svg", ast: false,
    });
  }
  Object.keys(drawings).forEach(function (id) { draw(id, "log"); });
  document.querySelectorAll("[data-toggle]").forEach(function (button) {
    button.addEventListener("click", function () {
      const raw = button.textContent === "raw axis";
      draw(button.dataset.toggle, raw ? "raw" : "log");
      button.textContent = raw ? "log axis" : "raw axis";
    });
  });
  document.querySelectorAll("[data-find-mouse]").forEach(function (field) {
    field.addEventListener("input", function () {
      const wanted = field.value.trim().toLowerCase();
      document.querySelectorAll("details.mice").forEach(function (arm, place) {
        let found = 0;
        arm.querySelectorAll("[data-mouse]").forEach(function (card) {
          card.hidden = !card.dataset.mouse.includes(wanted);
          found += card.hidden ? 0 : 1;
        });
        arm.open = wanted ? found > 0 : place === 0;
      });
    });
  });
})();
