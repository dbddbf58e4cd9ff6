// Draws each figure[data-chart] from the table under it: one source for the canvas and for screen readers.
// A row holds data-mono, data-colour and data-all (whole numbers, or empty for no data); data-part marks today.
"use strict";
(() => {
  const FONT = "400 11.5px " + getComputedStyle(document.body).fontFamily;
  const STRONG = "600 12px " + getComputedStyle(document.body).fontFamily;

  // From the base up: key of the row, colour of the bar, word, colour of the word.
  const SERIES = [
    ["unsplit", "rule-field", "Not split", "ink-2"],
    ["mono", "series-mono", "Mono", "ink-2"],
    ["colour", "series-colour", "Colour", "cyan"],
  ];

  // A custom property may hold light-dark(); the browser resolves it only on a real element.
  function ink(name) {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  function inks() {
    const all = {};
    for (const name of ["paper", "ink", "ink-2", "ink-3", "rule", "rule-ink", "rule-field", "cyan",
                        "series-mono", "series-colour"]) all[name] = ink("--" + name);
    return all;
  }

  function pale(colour) {
    const parts = colour.match(/[\d.]+/g).slice(0, 3);
    return `rgba(${parts.join(",")},0.38)`;
  }

  function read(table) {
    const number = (text) => (text === undefined || text === "" ? null : Number(text));
    return [...table.tBodies[0].rows].map((row) => ({
      label: row.dataset.label, words: row.dataset.words || row.cells[0].textContent, tick: row.dataset.tick || "",
      mono: number(row.dataset.mono), colour: number(row.dataset.colour), unsplit: number(row.dataset.unsplit),
      all: number(row.dataset.all),
      part: row.hasAttribute("data-part"),
    }));
  }

  function short(value) {
    if (value >= 1e6) return value / 1e6 + "M";
    if (value >= 1e3) return value / 1e3 + "k";
    return String(value);
  }

  // At most four steps of a round size, with headroom above the tallest bar.
  function scale(top) {
    const wanted = Math.max(4, top) / 4;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= wanted && Number.isInteger(n)) || power * 10;
    const count = Math.max(1, Math.ceil(top / step));
    return Array.from({ length: count + 1 }, (_, index) => index * step);
  }

  const grouped = (value) => value.toLocaleString("en-GB");

  function draw(figure) {
    const holder = figure.querySelector(".canvas");
    const table = figure.querySelector("table");
    const narrow = window.matchMedia("(max-width: 640px)").matches;
    const days = narrow ? read(table).slice(-14) : read(table);
    const colours = inks();
    const totals = days.map((day) => Math.max(day.all ?? 0, (day.mono ?? 0) + (day.colour ?? 0) + (day.unsplit ?? 0)));
    const marks = scale(Math.max(0, ...totals));
    const note = document.createElement("div");
    note.className = "canvas-note";
    note.hidden = true;

    function bars(u) {
      const { ctx } = u;
      const ratio = devicePixelRatio;
      const base = u.valToPos(0, "y", true);
      const slot = u.bbox.width / days.length;
      const wide = Math.max(2 * ratio, Math.round(slot * 0.68));
      ctx.save();
      days.forEach((day, index) => {
        const left = Math.round(u.bbox.left + index * slot + (slot - wide) / 2);
        const box = (from, to, colour) => {
          const top = u.valToPos(to, "y", true);
          const bottom = u.valToPos(from, "y", true);
          ctx.fillStyle = day.part ? pale(colour) : colour;
          ctx.fillRect(left, top, wide, Math.max(0, bottom - top));
        };
        if (day.all === null) {
          ctx.strokeStyle = colours["rule-field"];
          ctx.lineWidth = ratio;
          ctx.setLineDash([2 * ratio, 2 * ratio]);
          ctx.strokeRect(left + 0.5, base - 9 * ratio, wide - 1, 9 * ratio);
          ctx.setLineDash([]);
          return;
        }
        let height = 0;
        for (const [name, colour] of SERIES) {
          const value = day[name] ?? 0;
          if (!value) continue;
          box(height, height + value, colours[colour]);
          if (height) {
            ctx.fillStyle = colours.paper;
            ctx.fillRect(left, u.valToPos(height, "y", true) - ratio, wide, ratio);
          }
          height += value;
        }
      });
      ctx.fillStyle = colours["rule-ink"];
      ctx.fillRect(u.bbox.left, Math.round(base), u.bbox.width, ratio);
      labels(u, slot, ratio);
      ctx.restore();
    }

    function labels(u, slot, ratio) {
      const { ctx } = u;
      const scaled = (font) => font.replace(/([\d.]+)px/, (_, size) => size * ratio + "px");
      ctx.textBaseline = "alphabetic";
      days.forEach((day, index) => {
        if (!day.tick && !day.part) return;
        ctx.font = scaled(day.part ? STRONG : FONT);
        ctx.fillStyle = day.part ? colours.ink : colours["ink-3"];
        const word = day.part ? "Today" : day.tick;
        const middle = u.bbox.left + (index + 0.5) * slot;
        const half = ctx.measureText(word).width / 2;
        ctx.textAlign = "center";
        ctx.fillText(word, Math.min(middle, u.bbox.left + u.bbox.width + 8 * ratio - half), u.bbox.top + u.bbox.height + 17 * ratio);
      });
      if (narrow) return;
      const last = days.findLast((day) => day.all !== null) || days[days.length - 1];
      const right = u.bbox.left + u.bbox.width + 10 * ratio;
      let below = 0;
      const series = [];
      for (const [name, , word, label] of SERIES) {
        const total = days.reduce((sum, day) => sum + (day[name] ?? 0), 0);
        if (days.some((day) => day[name] !== null)) series.unshift([word, total, colours[label], below + (last[name] ?? 0) / 2]);
        below += last[name] ?? 0;
      }
      ctx.textAlign = "left";
      let highest = -Infinity;
      series.forEach(([word, total, colour, value], index) => {
        const floor = u.bbox.top + u.bbox.height - (16 + 36 * (series.length - 1 - index)) * ratio;
        const y = Math.max(highest + 36 * ratio, Math.min(u.valToPos(value, "y", true), floor));
        highest = y;
        ctx.font = scaled(STRONG);
        ctx.fillStyle = colour;
        ctx.fillText(word, right, y);
        ctx.font = scaled(FONT);
        ctx.fillStyle = colours["ink-3"];
        ctx.fillText(grouped(total), right, y + 14 * ratio);
      });
    }

    function hover(u) {
      const index = Math.floor((u.cursor.left / u.over.clientWidth) * days.length);
      if (u.cursor.left < 0 || !days[index]) {
        note.hidden = true;
        return;
      }
      const day = days[index];
      const name = document.createElement("b");
      name.textContent = day.words;
      const parts = SERIES.filter(([key]) => day[key] !== null).map(([key, , word]) => `${grouped(day[key])} ${word.toLowerCase()}`);
      const said = day.all === null ? " no data" : " " + parts.reverse().join(", ");
      note.replaceChildren(name, said + (day.part ? " so far" : ""));
      note.hidden = false;
      const left = Math.min(u.cursor.left + 56, holder.clientWidth - note.offsetWidth - 4);
      note.style.left = Math.max(0, left) + "px";
      note.style.top = "0px";
    }

    const plot = new uPlot({
      width: holder.clientWidth, height: holder.clientHeight,
      padding: [14, narrow ? 8 : 92, 0, 0],
      legend: { show: false }, cursor: { drag: { x: false, y: false }, x: false, y: false, points: { show: false } },
      scales: { x: { time: false, range: [0, days.length] }, y: { range: [0, marks[marks.length - 1]] } },
      axes: [
        { show: true, size: 24, grid: { show: false }, ticks: { show: false }, values: () => [] },
        { size: 44, font: FONT, stroke: colours["ink-3"], splits: () => marks, gap: 8,
          values: (_, splits) => splits.map(short), ticks: { show: false },
          grid: { stroke: colours.rule, width: 1 } },
      ],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      hooks: { draw: [bars], setCursor: [hover] },
    }, [days.map((_, index) => index + 0.5), totals], holder);
    holder.append(note);
    return plot;
  }

  const drawn = new Map();
  function redraw() {
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      drawn.get(figure)?.destroy();
      figure.querySelector(".canvas").replaceChildren();
      drawn.set(figure, draw(figure));
    }
  }

  let waiting = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(redraw, 120);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  (document.fonts?.ready || Promise.resolve()).then(redraw);
})();
