"""The language both senders and the portal speak: records, batch, envelope, enrolment.

Import from the modules, not from here: this file stays empty so that a gateway pays
only for what it uses.
"""
