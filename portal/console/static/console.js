// Keyboard, copying, dialogs, and the pause of what arrives live. Every page works without it.
"use strict";
(() => {
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a[href]"));

  function walk(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    all.forEach((row) => row.classList.toggle("at", row === next));
    const link = next.querySelector("a[href]");
    link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const find = document.getElementById("q");
    if (event.key === "/" && find) {
      event.preventDefault();
      (find.offsetParent ? find : document.getElementById("fq") || find).focus();
    } else if (event.key === "j" || event.key === "k") {
      walk(event.key === "j" ? 1 : -1);
    } else if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    }
  });

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const said = copier.textContent;
      const whole = copier.dataset.copy || window.location.href;
      navigator.clipboard?.writeText(whole).then(() => {
        copier.textContent = "Copied";
        window.setTimeout(() => { copier.textContent = said; }, 1200);
      });
      return;
    }
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      dialog?.showModal();
      dialog?.querySelector("[data-cancel]")?.focus();
      return;
    }
    if (event.target.closest("[data-cancel]")) {
      event.preventDefault();
      event.target.closest("dialog").close();
      return;
    }
    const pause = event.target.closest("[data-pause]");
    if (pause) {
      const paused = document.documentElement.toggleAttribute("data-paused");
      pause.setAttribute("aria-pressed", String(paused));
      pause.querySelector("use").setAttribute("href", paused ? "#play" : "#pause");
      pause.querySelector("[data-word]").textContent = paused ? "Go on" : "Pause";
    }
  });

  // A select that filters does so on change; without script the button beside it does.
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-go]")) event.target.form.requestSubmit();
  });

  // Live parts rest while paused, hidden, under the pointer or focused.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.target;
    if (!live.matches("[data-live]")) return;
    const held = document.documentElement.hasAttribute("data-paused") || document.hidden
      || live.matches(":hover") || live.contains(document.activeElement);
    if (held) event.preventDefault();
  });
})();
