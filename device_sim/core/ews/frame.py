"""What all pages of the embedded web server share: head, name plate, navigation, style."""

from typing import Final

from device_sim.core.markup import Markup, Part, html_tag, join
from device_sim.core.state import LivePrinter

PAGES: Final = (("/", "Status"), ("/usage", "Usage"), ("/jobs", "Job accounting"))

STYLE: Final = """
:root { color-scheme: light dark;
  --paper: light-dark(#f6f7f4, #111517); --ink: light-dark(#14181b, #e8ebe7); --ink-2: light-dark(#596267, #98a2a2);
  --rule: light-dark(#dcdfda, #2a3235); --link: light-dark(#00668f, #5fc6ec); --wash: light-dark(#e3e6e1, #242b2e);
  --critical: light-dark(#a51f1b, #ff8f85); --warning: light-dark(#785000, #e6b450);
  --ok: light-dark(#1f6a42, #74c695); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/22px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header, main, footer { max-width: 1040px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 20px; }
h1 { font-size: 22px; line-height: 28px; margin: 0; font-weight: 620; }
h2 { font-size: 16px; margin: 28px 0 6px; padding-top: 10px; border-top: 1px solid var(--ink); font-weight: 620; }
.plate { color: var(--ink-2); font-size: 13px; margin: 2px 0 12px; }
nav { display: flex; gap: 20px; overflow-x: auto; border-bottom: 1px solid var(--ink); }
main > h2:first-child { border-top: 0; margin-top: 12px; }
nav a { padding: 8px 0; color: var(--link); text-decoration: none; white-space: nowrap; }
nav a[aria-current] { color: var(--ink); box-shadow: inset 0 -3px var(--ink); }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.now { font-size: 26px; line-height: 34px; margin: 18px 0 2px; }
.now.critical { color: var(--critical); } .now.warning { color: var(--warning); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--ink-2); font-size: 13px; padding-bottom: 4px; }
th { text-align: left; font-weight: 400; color: var(--ink-2); font-size: 13px; vertical-align: bottom; }
td, th { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--rule); }
.n { text-align: right; } .n:last-child { padding-right: 0; }
td.word { white-space: nowrap; }
td.critical { color: var(--critical); } td.warning { color: var(--warning); } td.ok { color: var(--ok); }
.second { display: block; color: var(--ink-2); font-size: 13px; }
meter { width: 100%; min-width: 90px; height: 14px; }
.quiet { color: var(--ink-2); }
footer { color: var(--ink-2); font-size: 13px; padding-top: 28px; padding-bottom: 28px; }
@media (max-width: 640px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  table.stack thead { display: none; }
  table.stack tr { display: block; border-bottom: 1px solid var(--rule); padding: 8px 0; }
  table.stack td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 2px 0;
    text-align: right; }
  table.stack td::before { content: attr(data-l); color: var(--ink-2); text-align: left; white-space: nowrap; }
  table.stack td.word { white-space: normal; }
}
"""


def page(state: LivePrinter, path: str, body: Markup, refresh_s: int | None = None) -> str:
    """A whole HTML page. refresh_s: how often it loads itself again."""
    identity, profile = state.identity, state.profile
    title = next(name for link, name in PAGES if link == path)
    head = html_tag(
        "head",
        html_tag("meta", charset="utf-8"),
        html_tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        Markup(f'<meta http-equiv="refresh" content="{refresh_s}">') if refresh_s else None,
        html_tag("title", f"{title} – {profile.model} {identity.hostname}"),
        html_tag("link", rel="stylesheet", href="/ews.css"),
        html_tag("link", rel="icon", href="data:,"),
    )
    links = (html_tag("a", name, href=link, aria_current="page" if link == path else None) for link, name in PAGES)
    plate = f"{identity.hostname} · serial {identity.serial} · {identity.address} · {identity.location}"
    header = html_tag(
        "header",
        html_tag("h1", profile.model),
        html_tag("p", plate, class_="plate"),
        html_tag("nav", links, aria_label="Pages"),
    )
    footer = html_tag(
        "footer", f"Firmware {profile.firmware} · simulated by Inkwire; this is not a product of {profile.manufacturer}"
    )
    whole = html_tag("html", head, html_tag("body", header, html_tag("main", body), footer), lang="en")
    return f"<!doctype html>\n{whole}\n"


def table(caption: str, head: tuple[tuple[str, str], ...], rows: list[tuple[Part, ...]], empty: str) -> Markup:
    """A table that becomes records on a phone. head: (words, class); rows: cells, markup td or plain."""
    if not rows:
        return html_tag("p", empty, class_="quiet")
    columns = (html_tag("th", words, class_=kind or None, scope="col") for words, kind in head)
    lines = (
        html_tag(
            "tr",
            (
                html_tag("td", cell, class_=kind or None, data_l=words)
                for cell, (words, kind) in zip(row, head, strict=True)
            ),
        )
        for row in rows
    )
    return html_tag(
        "table",
        html_tag("caption", caption),
        html_tag("thead", html_tag("tr", columns)),
        html_tag("tbody", lines),
        class_="stack",
    )


def second(first: Part, below: str) -> Markup:
    """A cell with the fact, and a muted second line."""
    return html_tag("span", first, html_tag("span", below, class_="second") if below else None)


def number(value: int | None) -> str:
    """A count for a person: 48,217; an unknown one is a dash."""
    return "–" if value is None else f"{value:,}"


def joined(*parts: Part) -> Markup:
    """Parts of a page, one below the other."""
    return join(*parts)
