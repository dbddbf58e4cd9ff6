"""What all pages of the embedded web server share: head, name plate, navigation, footer."""

from typing import Final

from device_sim.core.markup import Markup, html_tag
from device_sim.core.state import LivePrinter

PAGES: Final = (
    ("/", "Status"), ("/supplies", "Supplies"), ("/media", "Media"), ("/usage", "Usage"), ("/jobs", "Job accounting"),
    ("/configuration", "Configuration"),
)  # fmt: skip


def page(state: LivePrinter, path: str, body: Markup, refresh_s: int | None = None) -> str:
    """A whole HTML page. refresh_s: how often it loads itself again; unchanged, that is a 304."""
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
    facts = (identity.hostname, f"serial {identity.serial}", identity.address, identity.location)
    header = html_tag(
        "header",
        html_tag("h1", profile.model),
        html_tag("p", " · ".join(fact for fact in facts if fact), class_="plate"),
        html_tag("nav", links, aria_label="Pages"),
    )
    footer = html_tag(
        "footer",
        f"Firmware {profile.firmware} · all times are UTC · simulated by Inkwire; this is not a product of "
        f"{profile.manufacturer}",
    )
    whole = html_tag("html", head, html_tag("body", header, html_tag("main", body), footer), lang="en")
    return f"<!doctype html>\n{whole}\n"
