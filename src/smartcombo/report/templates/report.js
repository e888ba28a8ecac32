(function () {
  "use strict";
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  function draw(id, axis) {
    return vegaEmbed("#drawing-" + CSS.escape(id), drawings[id][axis], {
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
})();
