"""pysnmp's manager. It imports pysmi, if that is there, by names pysmi warns of: that is between those two."""

import importlib
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    hlapi: Any = importlib.import_module("pysnmp.hlapi.v3arch.asyncio")
