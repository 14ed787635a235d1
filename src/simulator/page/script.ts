/**
 * The page's only script: a cursor over all charts at once that tells the figures of a moment, by mouse, finger or arrow
 * keys. Reads them from the table of the page and writes text only; without it the table is still there.
 */
export const pageScript = `
(function () {
  "use strict";
  var table = document.getElementById("over-time");
  if (!table) return;
  var rows = table.tBodies[0].rows;
  var heads = table.tHead.rows[0].cells;
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  function place(plot, index) {
    return ((index + 0.5) / rows.length) * plot.clientWidth;
  }
  function lines(plot, index) {
    var cells = rows[index].cells;
    return plot.dataset.columns.split(" ").filter(function (column) {
      return cells[column].textContent !== "";
    }).map(function (column) {
      return heads[column].textContent + " " + cells[column].textContent;
    });
  }
  function show(at, index) {
    plots.forEach(function (plot) {
      var cursor = plot.querySelector(".cursor");
      var x = (((index + 0.5) / rows.length) * 100) + "%";
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.removeAttribute("visibility");
      plot.setAttribute("aria-valuenow", index);
      plot.setAttribute("aria-valuetext", rows[index].cells[0].textContent + ", " + lines(plot, index).join(", "));
      var tip = plot.querySelector(".tip");
      tip.hidden = plot !== at;
      if (plot !== at) return;
      tip.textContent = "";
      var head = document.createElement("b");
      head.textContent = rows[index].cells[0].textContent;
      tip.append(head, lines(plot, index).join("\\n"));
      var left = place(plot, index) + 12;
      if (left + tip.offsetWidth > plot.clientWidth) left = place(plot, index) - tip.offsetWidth - 12;
      tip.style.left = Math.max(0, Math.min(left, plot.clientWidth - tip.offsetWidth)) + "px";
      tip.style.top = "4px";
    });
  }
  function hide() {
    plots.forEach(function (plot) {
      plot.querySelector(".tip").hidden = true;
      plot.querySelector(".cursor").setAttribute("visibility", "hidden");
    });
  }
  plots.forEach(function (plot) {
    plot.tabIndex = 0;
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-valuemin", 0);
    plot.setAttribute("aria-valuemax", rows.length - 1);
    plot.setAttribute("aria-valuenow", 0);
    plot.setAttribute("aria-valuetext", rows[0].cells[0].textContent + ", " + lines(plot, 0).join(", "));
    function point(event) {
      var box = plot.getBoundingClientRect();
      var index = Math.floor(((event.clientX - box.left) / box.width) * rows.length);
      show(plot, Math.max(0, Math.min(rows.length - 1, index)));
    }
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("focus", function () {
      if (plot.matches(":focus-visible")) show(plot, Number(plot.getAttribute("aria-valuenow")));
    });
    plot.addEventListener("keydown", function (event) {
      var index = Number(plot.getAttribute("aria-valuenow"));
      var steps = { ArrowLeft: index - 1, ArrowRight: index + 1, ArrowDown: index - 1, ArrowUp: index + 1, Home: 0, End: rows.length - 1, PageUp: index + 10, PageDown: index - 10 };
      if (event.key === "Escape") return hide();
      if (!Object.hasOwn(steps, event.key)) return;
      event.preventDefault();
      show(plot, Math.max(0, Math.min(rows.length - 1, steps[event.key])));
    });
  });
})();
`;
