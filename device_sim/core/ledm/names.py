"""Namespaces of LEDM documents. Readers match by local name; prefixes and dates vary from model to model."""

from typing import Final

_ROOT: Final = "http://www.hp.com/schemas/imaging/con/"
NAMESPACES: Final = {
    "dd": f"{_ROOT}dictionaries/1.0/",
    "dd2": f"{_ROOT}dictionaries/2008/10/10",
    "ledm": f"{_ROOT}ledm/discoverytree/2007/07/01",
    "prdcfgdyn": f"{_ROOT}ledm/productconfigdyn/2009/11/16",
    "ccdyn": f"{_ROOT}ledm/consumableconfigdyn/2007/11/19",
    "pudyn": f"{_ROOT}ledm/productusagedyn/2007/12/11",
    "psdyn": f"{_ROOT}ledm/productstatusdyn/2007/10/31",
    "pscat": f"{_ROOT}ledm/productstatuscategories/2007/10/31",
    "locid": f"{_ROOT}ledm/localizationids/2007/10/31",
    "ad": f"{_ROOT}ledm/alertdetails/2007/10/31",
    "j": f"{_ROOT}ledm/jobs/2009/04/30",
    "ev": f"{_ROOT}ledm/events/2007/09/16",
    "pldyn": f"{_ROOT}ledm/productlogsdyn/2009/03/31",
    "nadyn": f"{_ROOT}ledm/netappdyn/2009/06/24",
    "sec": f"{_ROOT}ledm/securitydyn/2009/08/12",
    "io": f"{_ROOT}ledm/iomgmt/2008/11/30",
    "fwudyn": f"{_ROOT}ledm/firmwareupdatedyn/2009/03/16",
    "ep": f"{_ROOT}eprint/2010/04/30",
    "csub": f"{_ROOT}ledm/consumablesubscription/2013/03/01",
    "dd3": f"{_ROOT}dictionaries/2009/04/06",
    "xdm": f"{_ROOT}xdm/1.1/",
}
FLAT_PAGES: Final = "http://www.hp.com/schemas/imaging/pls/dev/1.0"
"""Of the pages before LEDM."""


def spaces(*prefixes: str) -> dict[str, str]:
    """xmlns attributes for these prefixes, as keywords of `markup.tag`."""
    return {f"xmlns__{prefix}": NAMESPACES[prefix] for prefix in prefixes}
