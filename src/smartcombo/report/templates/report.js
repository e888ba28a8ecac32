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
