"""The one style sheet of the embedded web server: light and dark, wide and narrow, print colours by name."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark;
  --paper: light-dark(#f5f6f5, #121517); --card: light-dark(#ffffff, #1a1f21);
  --ink: light-dark(#15191b, #e8ebe8); --ink-2: light-dark(#5a6468, #9aa5a6);
  --rule: light-dark(#dfe2de, #2c3437); --track: light-dark(#e7e9e6, #2a3134);
  --link: light-dark(#00607f, #6ac8ea);
  --critical: light-dark(#a51f1b, #ff8f85); --warning: light-dark(#7a5200, #e8b653);
  --ok: light-dark(#1d6b42, #74c695); --busy: light-dark(#00607f, #6ac8ea);
  --k: light-dark(#1d2023, #6d757b); --gray: light-dark(#8b9196, #a3a9ae); --c: light-dark(#0093c4, #23acd8);
  --m: light-dark(#cb2f7c, #dc4f94); --y: light-dark(#e3bd00, #ecca2b); --other: light-dark(#6d7f78, #8ba79c); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/22px system-ui, "Segoe UI", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 22px; }
h1 { font-size: 22px; line-height: 28px; margin: 0; font-weight: 650; }
h2 { font-size: 16px; line-height: 22px; margin: 30px 0 8px; font-weight: 650; }
.plate { color: var(--ink-2); font-size: 13px; margin: 2px 0 14px; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0 22px; border-bottom: 1px solid var(--rule); }
nav a { padding: 8px 0; margin-bottom: -1px; color: var(--link); text-decoration: none; white-space: nowrap; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { color: var(--ink); font-weight: 650; border-bottom: 3px solid var(--ink); padding-bottom: 5px; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.display { background: var(--card); border: 1px solid var(--rule); border-left: 5px solid var(--ok);
  border-radius: 4px; padding: 14px 18px; margin-top: 22px; }
.display.critical { border-left-color: var(--critical); } .display.warning { border-left-color: var(--warning); }
.display.busy { border-left-color: var(--busy); }
.display p { margin: 0; }
.display .said { font-size: 26px; line-height: 34px; font-weight: 600; overflow-wrap: anywhere; }
.display .state { color: var(--ink-2); font-size: 13px; }
.display .job { margin-top: 10px; }
.quiet, .note { color: var(--ink-2); } .note { font-size: 13px; }
.quiet { margin: 4px 0; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--ink-2); font-size: 13px; padding-bottom: 4px; }
th { text-align: left; font-weight: 400; color: var(--ink-2); font-size: 13px; line-height: 17px;
  vertical-align: bottom; }
td { vertical-align: top; }
td, th { padding: 8px 16px 8px 0; border-bottom: 1px solid var(--rule); }
td:last-child, th:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
td.word, .nowrap { white-space: nowrap; }
td.bar { width: 34%; padding-top: 14px; }
.second { display: block; color: var(--ink-2); font-size: 13px; line-height: 18px; font-weight: 400;
  white-space: normal; }
.critical-word { color: var(--critical); font-weight: 600; } .warning-word { color: var(--warning); font-weight: 600; }
.ok-word { color: var(--ok); }
svg { display: block; }
svg.bar { width: 100%; height: 10px; min-width: 90px; border-radius: 2px; overflow: hidden; }
.track { fill: var(--track); } .hatch { stroke: var(--ink-2); stroke-width: 1; opacity: .5; }
.fill-k { fill: var(--k); } .fill-gray { fill: var(--gray); } .fill-c { fill: var(--c); } .fill-m { fill: var(--m); }
.fill-y { fill: var(--y); } .fill-other { fill: var(--other); } .fill-busy { fill: var(--busy); }
.tanks { display: flex; flex-wrap: wrap; gap: 10px 26px; padding: 0; margin: 6px 0 0; list-style: none; }
.tanks li { text-align: center; font-size: 13px; line-height: 18px; min-width: 44px; max-width: 92px; }
.tanks svg { width: 36px; height: 76px; margin: 0 auto 4px; border-radius: 3px; overflow: hidden;
  border: 1px solid var(--rule); }
.tanks b { font-weight: 600; display: block; }
.tanks .low { color: var(--warning); font-weight: 600; } .tanks .empty { color: var(--critical); font-weight: 600; }
.pairs { display: grid; grid-template-columns: max-content 1fr; margin: 0; }
.pairs dt, .pairs dd { margin: 0; padding: 7px 24px 7px 0; border-bottom: 1px solid var(--rule); }
.pairs dt { color: var(--ink-2); } .pairs dd { padding-right: 0; overflow-wrap: anywhere; min-width: 0; }
.columns { columns: 2 400px; column-gap: 48px; }
.columns section { break-inside: avoid; padding-top: 1px; }
.inks { display: inline-grid; grid-template-columns: repeat(3, auto); gap: 0 8px; }
.chip { white-space: nowrap; }
.nowrap .second, .n .second { white-space: nowrap; }
.chip svg { display: inline-block; width: 8px; height: 8px; margin-right: 3px; border-radius: 2px; }
footer { color: var(--ink-2); font-size: 13px; line-height: 18px; padding-top: 36px; padding-bottom: 28px; }
@media (max-width: 760px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  nav { gap: 0 18px; }
  table.stack, table.stack tbody, table.stack caption { display: block; }
  table.stack thead { display: none; }
  table.stack tr { display: block; border-bottom: 1px solid var(--rule); padding: 8px 0; }
  table.stack td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 2px 0;
    text-align: right; white-space: normal; min-width: 0; overflow-wrap: anywhere; }
  table.stack td::before { content: attr(data-l); color: var(--ink-2); text-align: left; white-space: nowrap; }
  table.stack td.lead { display: block; text-align: left; font-weight: 600; }
  table.stack td.lead::before { content: none; }
  table.stack td.bar { width: 100%; padding: 6px 0; align-items: center; }
  .pairs { grid-template-columns: minmax(0, 1fr) minmax(0, 1.4fr); }
  .pairs dt, .pairs dd { padding-right: 8px; }
  .tanks { gap: 10px 18px; }
}
"""
